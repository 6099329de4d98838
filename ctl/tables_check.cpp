#include <algorithm>
#include <ostream>

#include <boost/json/array.hpp>
#include <sql/embedded.hpp>

#include "common/json_text.hpp"
#include "ctl/command.hpp"
#include "ctl/neighbours.hpp"
#include "ctl/table_shape.hpp"
#include "ctl/text_table.hpp"

namespace tromp::ctl {
namespace {

enum class Outcome {
    equal,
    different,
    refused,  ///< the neighbour answered, but not the question
    unreachable,
};

struct Checked {
    NodeName neighbour;
    Outcome outcome{};
    std::vector<Difference> differences;
    std::string error;
};

/// `node` is the one fact that must differ: it says whether this is the neighbour's database at all.
void compare_node(Checked& checked, Shape& there) {
    const auto expected = std::to_string(checked.neighbour.node);
    const auto found = there[""]["node"];
    there[""].erase("node");
    if (found == expected) return;
    checked.differences.push_back({"", "node (in `database` of the neighbour)", expected, found});
}

asio::awaitable<Checked> check(const Neighbour& neighbour, Shape here) {
    Checked checked{{neighbour.node, neighbour.name}, Outcome::equal, {}, {}};
    pg::Options options;
    options.application_name = "trompctl";
    try {
        const auto connection = co_await pg::Connection::open(*neighbour.database, options);
        auto there = co_await read_shape(*connection);
        here[""].erase("node");
        compare_node(checked, there);
        for (auto& difference : differences(here, there))
            checked.differences.push_back(std::move(difference));
        if (!checked.differences.empty()) checked.outcome = Outcome::different;
    } catch (const pg::SqlError& error) {
        constexpr std::string_view undefined_schema = "3F000";
        constexpr std::string_view undefined_table = "42P01";
        const bool bare = error.sqlstate() == undefined_schema || error.sqlstate() == undefined_table;
        checked.outcome = Outcome::refused;
        checked.error = bare ? "its database is not initialised; run trompctl init there"
                             : std::string(error.what()) + "; trompctl grants, run there, prints what a reader needs";
    } catch (const pg::ConnectionError& error) {
        checked.outcome = Outcome::unreachable;
        checked.error = std::string("cannot be reached: ") + error.what();
    }
    co_return checked;
}

/// The large objects of this node that no row refers to.
asio::awaitable<std::vector<std::string>> orphaned_objects(pg::Connection& connection) {
    const auto rows = co_await connection.query(std::string(sql::tables_orphaned_objects));
    std::vector<std::string> objects;
    objects.reserve(static_cast<std::size_t>(rows.rows()));
    for (int row = 0; row < rows.rows(); ++row)
        objects.emplace_back(rows.at(row, "object"));
    co_return objects;
}

void print_json(const std::vector<Checked>& all, const std::vector<std::string>& orphans, std::ostream& out) {
    namespace json = boost::json;
    const auto nullable = [](const std::optional<std::string>& text) {
        return text ? json::value(*text) : json::value();
    };
    json::array array;
    for (const auto& checked : all) {
        for (const auto& difference : checked.differences) {
            array.push_back(json::object{{"neighbour", checked.neighbour.node},
                                         {"table", difference.table},
                                         {"fact", difference.fact},
                                         {"here", nullable(difference.here)},
                                         {"there", nullable(difference.there)}});
        }
    }
    for (const auto& object : orphans) {
        array.push_back(json::object{{"neighbour", nullptr},
                                     {"table", ""},
                                     {"fact", "large object without a row"},
                                     {"here", object},
                                     {"there", nullptr}});
    }
    out << json_text(array) << "\n";
}

void print_orphans(const std::vector<std::string>& orphans, std::ostream& out) {
    if (orphans.empty()) return;
    constexpr std::size_t most = 20;
    out << orphans.size() << (orphans.size() == 1 ? " large object belongs" : " large objects belong")
        << " to no row here, lo_unlink() removes them:";
    for (std::size_t i = 0; i < std::min(most, orphans.size()); ++i)
        out << " " << orphans[i];
    out << (orphans.size() > most ? " …\n" : "\n");
}

void print_text(const std::vector<Checked>& all, std::ostream& out) {
    TextTable table({"NEIGHBOUR", "TABLE", "WHAT", "HERE", "THERE"});
    for (const auto& checked : all) {
        if (checked.outcome == Outcome::equal)
            out << "neighbour " << to_string(checked.neighbour) << " has the same tables\n";
        for (const auto& difference : checked.differences) {
            table.add({to_string(checked.neighbour), difference.table.empty() ? "-" : difference.table, difference.fact,
                       difference.here.value_or("-"), difference.there.value_or("-")});
        }
    }
    if (!table.empty()) out << table.text();
}

/// A difference is known for certain, whoever else cannot be reached.
Exit exit_of(const std::vector<Checked>& all) {
    Exit exit = Exit::done;
    for (const auto& checked : all) {
        if (checked.outcome == Outcome::different || checked.outcome == Outcome::refused) return Exit::no;
        if (checked.outcome == Outcome::unreachable) exit = Exit::unreachable;
    }
    return exit;
}

}  // namespace

asio::awaitable<Exit> run_tables_check(Context& context) {
    context.arguments.finish();
    Shape here;
    std::vector<std::string> orphans;
    {
        const auto connection = co_await open_initialised(context);
        here = co_await read_shape(*connection);
        orphans = co_await orphaned_objects(*connection);
    }
    std::vector<Checked> all;
    for (const auto& neighbour : context.config.neighbours) {
        const NodeName name{neighbour.node, neighbour.name};
        if (!neighbour.database) {
            context.err << "note: neighbour " << to_string(name) << " is not checked: it has no `database` in "
                        << context.config.file << "; run this there\n";
            continue;
        }
        all.push_back(co_await check(neighbour, here));
        if (!all.back().error.empty())
            context.err << "trompctl: neighbour " << to_string(name) << ": " << all.back().error << "\n";
    }
    if (context.json) {
        print_json(all, orphans, context.out);
    } else {
        print_text(all, context.out);
        print_orphans(orphans, context.out);
    }
    co_return exit_of(all);
}

}  // namespace tromp::ctl
