#include "ctl/rows.hpp"

#include <algorithm>
#include <cctype>
#include <ostream>

#include "ctl/text_table.hpp"

namespace tromp::ctl {
namespace {

constexpr std::string_view json_column = "json";

void print_json(const pg::Result& rows, std::ostream& out) {
    out << "[";
    for (int row = 0; row < rows.rows(); ++row)
        out << (row > 0 ? ",\n " : "") << rows.at(row, json_column);
    out << "]\n";
}

std::string heading(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return c == '_' ? ' ' : static_cast<char>(std::toupper(c)); });
    return text;
}

TextTable table_of(const pg::Result& rows) {
    std::vector<int> shown;
    TextTable::Row names;
    for (int column = 0; column < rows.columns(); ++column) {
        const std::string name = PQfname(rows.get(), column);
        if (name == json_column) continue;
        shown.push_back(column);
        names.push_back(heading(name));
    }
    TextTable table(std::move(names));
    for (int row = 0; row < rows.rows(); ++row) {
        TextTable::Row cells;
        for (const int column : shown)
            cells.emplace_back(rows.is_null(row, column) ? "-" : rows.at(row, column));
        table.add(std::move(cells));
    }
    return table;
}

}  // namespace

void print_rows(const pg::Result& rows, std::string_view nothing, Context& context) {
    if (context.json) {
        print_json(rows, context.out);
    } else if (rows.rows() == 0) {
        context.out << nothing << "\n";
    } else {
        context.out << table_of(rows).text();
    }
}

}  // namespace tromp::ctl
