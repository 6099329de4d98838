#include "ctl/conflict_filter.hpp"

#include <sql/embedded.hpp>

#include <algorithm>

#include "common/error.hpp"
#include "common/nearest.hpp"
#include "common/units.hpp"

namespace tromp::ctl {
namespace {

namespace asio = boost::asio;

const std::vector<std::string>& types() {
    static const std::vector<std::string> all = {
        "insert_exists",        "update_origin_differs", "update_missing",
        "update_deleted",       "delete_origin_differs", "delete_missing",
        "update_exists",        "exclusion_violation",   "multiple_unique_conflicts",
        "foreign_key_violation"};
    return all;
}

std::string time_sql(Arguments& arguments, std::string_view option, const std::string& otherwise) {
    const auto text = arguments.value(option);
    if (!text) return quote_literal(otherwise) + "::timestamptz";
    if (const auto age = parse_duration(*text)) {
        const auto seconds = std::chrono::duration<double>(*age).count();
        return "(clock_timestamp() - make_interval(secs => " + std::to_string(seconds) + "))";
    }
    return quote_literal(*text) + "::timestamptz";
}

}  // namespace

ConflictFilter::ConflictFilter(Arguments& arguments)
    : since_(time_sql(arguments, "--since", "-infinity")), until_(time_sql(arguments, "--until", "infinity")) {
    if (const auto text = arguments.value("--table")) {
        table_text_ = *text;
        table_ = TablePattern::parse(*text);
        if (!table_ || table_->excludes()) {
            throw Error("--table: '" + *text +
                            "' is not the name of a table; give schema and table, such as public.item or public.*",
                        Exit::usage);
        }
    }
    type_ = arguments.value("--type").value_or("");
    if (type_.empty() || std::find(types().begin(), types().end(), type_) != types().end()) return;
    const auto meant = nearest(type_, types());
    std::string message = "--type: there is no '" + type_ + "'";
    if (meant) {
        message += "; did you mean " + *meant + "?";
    } else {
        message += "; the types are";
        for (const auto& type : types())
            message += (type == types().front() ? " " : ", ") + type;
    }
    throw Error(message, Exit::usage);
}

asio::awaitable<SqlValues> ConflictFilter::values(pg::Connection& connection) const {
    try {
        co_await connection.query("SELECT " + since_ + ", " + until_);
    } catch (const pg::SqlError& error) {
        if (!error.sqlstate().starts_with("22")) throw;
        throw Error(std::string(error.what()) + "; give a duration such as 2h, or a time such as '2026-11-23 14:00'",
                    Exit::usage);
    }
    const auto known = co_await connection.query(std::string(sql::conflict_tables));
    std::string names;
    for (int row = 0; row < known.rows(); ++row) {
        if (table_ && !table_->matches(known.at(row, "schema_name"), known.at(row, "table_name"))) continue;
        names += (names.empty() ? "" : ", ") + quote_literal(known.at(row, "name"));
    }
    if (table_ && names.empty()) {
        throw Error("--table: no table " + table_text_ + " is replicated here or has conflicts", Exit::usage);
    }
    const SqlValues values{
        {"type", type_}, {"since", since_}, {"until", until_}, {"tables", "ARRAY[" + names + "]::text[]"}};
    co_return values;
}

}  // namespace tromp::ctl
