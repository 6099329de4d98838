#include <ostream>

#include <sql/embedded.hpp>

#include "ctl/interrupt.hpp"
#include "ctl/make_equal.hpp"
#include "ctl/verify_link.hpp"
#include "ctl/wanted_table.hpp"

namespace tromp::ctl {
namespace {

/// What a repair does about a row. Without `--from` a row wins over none, and of two rows that of the node with the
/// higher number (docs/resync.md): neither end of a link that flows is behind the other.
std::string what_is_done(Finding finding, const Request& request, int here, int there) {
    const int winner = request.from != 0 ? request.from : std::max(here, there);
    switch (finding) {
        case Finding::missing_here:
            return request.from == here ? "delete there" : "insert here";
        case Finding::missing_there:
            return request.from == there ? "delete here" : "insert there";
        case Finding::different:
            return winner == here ? "overwrite there" : "overwrite here";
        case Finding::held:
            return "nothing: the row is held (trompctl held)";
        case Finding::on_the_way:
        case Finding::equal:
            break;
    }
    return "nothing";
}

asio::awaitable<Exit> dry_run(Context& context, Neighbour neighbour, std::optional<TablePattern> wanted,
                              Request request) {
    Progress progress(context.err, errors_go_to_terminal());
    const auto verdict = co_await verify_link(context, neighbour, wanted, progress);
    progress.clear();
    if (!verdict.error.empty()) {
        context.err << "trompctl: " << verdict.error << "\n";
        co_return verdict.unreachable ? Exit::unreachable : Exit::no;
    }
    std::int64_t rows = 0;
    bool all_compared = true;
    for (const auto& table : verdict.tables) {
        const auto name = qualified_name(table.schema, table.table);
        if (!table.error.empty()) context.err << "trompctl: " << name << ": " << table.error << "\n";
        all_compared = all_compared && table.error.empty();
        for (const auto& row : table.rows) {
            context.out << name << " " << row.key << ": "
                        << what_is_done(row.finding, request, context.config.node, neighbour.node) << "\n";
        }
        const auto shown = static_cast<std::int64_t>(table.rows.size());
        const auto all = table.differing() + table.held;
        if (all > shown) context.out << name << ": and " << all - shown << " more\n";
        rows += table.differing();
    }
    context.out << (rows == 0 ? "nothing would change\n" : std::to_string(rows) + " rows would be made equal\n");
    co_return all_compared ? Exit::done : Exit::no;
}

/// The replicated tables that the pattern means.
asio::awaitable<std::set<std::string, std::less<>>> names_of(Context& context, const TablePattern& wanted) {
    const auto connection = co_await open_initialised(context);
    const auto rows = co_await connection->query(std::string(sql::install_known_tables));
    std::set<std::string, std::less<>> names;
    for (int row = 0; row < rows.rows(); ++row) {
        const std::string schema(rows.at(row, "schema_name"));
        const std::string table(rows.at(row, "table_name"));
        if (wanted.matches(schema, table)) names.insert(schema + "." + table);
    }
    if (names.empty())
        throw Error("--table: no such table is replicated here; trompctl tables lists them", Exit::usage);
    co_return names;
}

asio::awaitable<Exit> repair(Context& context, NodeName neighbour, std::optional<TablePattern> wanted,
                             Request request) {
    if (wanted) request.tables = co_await names_of(context, *wanted);
    co_return co_await make_equal(context, neighbour, request);
}

}  // namespace

asio::awaitable<Exit> run_repair(Context& context) {
    Request request{.kind = "repair"};
    auto wanted = wanted_table(context.arguments);
    const auto from = context.arguments.value("--from");
    const bool only_tells = context.arguments.flag("--dry-run");
    const auto word = context.arguments.required("the NEIGHBOUR to be made equal with");
    context.arguments.finish();
    const auto neighbour = find_neighbour(word, neighbours_of(context.config));
    if (from && *from != "here" && *from != "there")
        throw Error("--from: '" + *from + "' is neither here nor there", Exit::usage);
    if (from) request.from = *from == "here" ? context.config.node : neighbour.node;
    if (only_tells) {
        const auto& listed = reachable_neighbour(context.config, neighbour.node, "run this there");
        co_return co_await unless_interrupted(dry_run(context, listed, wanted, request), "nothing was changed");
    }
    co_return co_await unless_interrupted(repair(context, neighbour, wanted, request),
                                          "the daemons go on; the same command shows how far they are");
}

}  // namespace tromp::ctl
