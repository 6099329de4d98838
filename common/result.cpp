#include "common/connection.hpp"

#include <charconv>
#include <stdexcept>

namespace tromp::pg {

std::string_view Result::at(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

int Result::column_index(std::string_view column) const {
    for (int i = 0; i < columns(); ++i) {
        if (column == PQfname(result_.get(), i)) return i;
    }
    throw std::logic_error("the result has no column " + std::string(column));
}

std::string_view Result::at(int row, std::string_view column) const {
    return at(row, column_index(column));
}

std::optional<std::string> Result::optional_at(int row, std::string_view column) const {
    const int index = column_index(column);
    if (is_null(row, index)) return std::nullopt;
    return std::string(at(row, index));
}

long long Result::number(int row, std::string_view column) const {
    const auto text = at(row, column);
    long long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw Error("column " + std::string(column) + " holds '" + std::string(text) +
                    "', which is not a whole number");
    }
    return value;
}

long long Result::affected() const {
    const std::string_view text = PQcmdTuples(result_.get());
    long long value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace tromp::pg
