#include "ctl/wanted_table.hpp"

#include "common/error.hpp"

namespace tromp::ctl {

std::optional<TablePattern> wanted_table(Arguments& arguments) {
    const auto text = arguments.value("--table");
    if (!text) return std::nullopt;
    auto pattern = TablePattern::parse(*text);
    if (!pattern || pattern->excludes()) {
        throw Error("--table: '" + *text +
                        "' is not the name of a table; give schema and table, such as public.item or public.*",
                    Exit::usage);
    }
    return pattern;
}

}  // namespace tromp::ctl
