#include "ctl/verify_link.hpp"

#include <set>

#include <sql/embedded.hpp>

#include "common/ask_both.hpp"
#include "common/fault.hpp"
#include "common/sql_text.hpp"

namespace tromp::ctl {
namespace {

constexpr std::size_t most_keys = 1000;

using TableName = std::pair<std::string, std::string>;

/// Both databases, and how their tables go together.
struct Ends {
    std::unique_ptr<pg::Connection> here;
    std::unique_ptr<pg::Connection> there;
    TableFit fit{};
    std::set<TableName> names{};  ///< of all tables that either end replicates
};

void check_fit(const pg::Result& here, const pg::Result& there, const NodeName& neighbour) {
    const auto name = neighbour.name;
    if (there.number(0, "node") != neighbour.node) {
        throw Error("`database` of neighbour " + to_string(neighbour) + " is that of node " +
                    std::string(there.at(0, "node")));
    }
    if (there.at(0, "schema_version") != here.at(0, "schema_version")) {
        throw Error("schema replication has version " + std::string(here.at(0, "schema_version")) + " here, but " +
                    std::string(there.at(0, "schema_version")) + " at " + name +
                    "; bring both to the same program, and run its trompctl init");
    }
    for (const auto& [state, where] : {std::pair{&here, std::string("here")}, std::pair{&there, "at " + name}}) {
        if (state->boolean(0, "in_recovery"))
            throw Error("the database " + where + " is a standby; verify asks its primary");
        if (state->optional_at(0, "moved"))
            throw Error("the database " + where + " is not where it was initialised; run trompctl init there");
    }
}

TableName name_of(const ReplicatedTable& table) {
    return {table.schema, table.name};
}

/// Opens sessions and reads the tables of both ends.
asio::awaitable<Ends> open_ends(Context& context, const Neighbour& neighbour) {
    Ends ends;
    ends.here = co_await open_initialised(context);
    pg::Options options;
    options.application_name = "trompctl verify";
    options.label = "neighbour " + to_string(NodeName{neighbour.node, neighbour.name});
    options.reads_only = true;
    options.silence_limit = std::chrono::hours(1);  // a table that can only be compared as a whole
    ends.there = co_await pg::Connection::open(*neighbour.database, options);
    const auto states =
        co_await ask_both(*ends.here, render_sql(sql::verify_state, "other", std::to_string(neighbour.node)),
                          *ends.there, render_sql(sql::verify_state, "other", std::to_string(context.config.node)));
    check_fit(states.first, states.second, {neighbour.node, neighbour.name});
    co_await prepare_to_compare(*ends.here);
    co_await prepare_to_compare(*ends.there);
    const auto here = co_await read_tables(*ends.here);
    const auto there = co_await read_tables(*ends.there);
    ends.fit = fit_tables(there, here, neighbour.name, states.first.number(0, "others") > 0);
    for (const auto* const tables : {&here, &there}) {
        for (const auto& entry : *tables)
            ends.names.insert(name_of(entry.second));
    }
    co_return ends;
}

/// Null where the two ends do not have it, or not alike; `reason` then says so.
const TablePair* find_pair(const Ends& ends, const TableName& name, const std::string& neighbour, std::string& reason) {
    for (const auto& entry : ends.fit.pairs) {
        if (name_of(entry.second.target) == name) return &entry.second;
    }
    for (const auto& misfit : ends.fit.misfits) {
        if (misfit.schema == name.first && misfit.name == name.second) reason = misfit.reason;
    }
    if (reason.empty()) {
        reason = "table " + qualified_name(name.first, name.second) + " is replicated here but not at " + neighbour +
                 ": create it there, add it to `tables` and run trompctl init";
    }
    return nullptr;
}

void count(TableVerdict& verdict, const DifferentKey& key, Finding finding) {
    switch (finding) {
        case Finding::equal:
            return;
        case Finding::on_the_way:
            ++verdict.on_the_way;
            return;
        case Finding::missing_here:
            ++verdict.missing_here;
            break;
        case Finding::missing_there:
            ++verdict.missing_there;
            break;
        case Finding::different:
            ++verdict.different;
            break;
        case Finding::held:
            ++verdict.held;
            break;
    }
    if (verdict.rows.size() < most_keys) verdict.rows.push_back({key.key, finding});
}

asio::awaitable<void> compare(LinkEnds ends, const TablePair& pair, TableVerdict& verdict, Progress& progress) {
    Comparison comparison({ends.here}, {ends.there}, pair);
    co_await comparison.begin();
    progress.begin(qualified_name(pair.target.schema, pair.target.name), comparison.estimate());
    std::int64_t looked = 0;  // bytes
    const auto tell = [&] {
        const auto& compared = comparison.compared();
        progress.update({std::max(compared.rows_here, compared.rows_there), compared.bytes + looked});
    };
    const DifferentKeys look = [&](std::vector<DifferentKey> keys) -> asio::awaitable<void> {
        const auto findings = co_await look_again(ends, pair, comparison.recoded(), keys);
        for (std::size_t i = 0; i < keys.size(); ++i)
            count(verdict, keys[i], findings.of_keys[i]);
        looked += findings.bytes;
        tell();
    };
    for (;;) {
        co_await fault_point("verify.span");
        const bool more = co_await comparison.next(look);
        if (!more) break;
        tell();
    }
    verdict.compared = comparison.compared();
    verdict.compared.bytes += looked;
    for (const auto& column : pair.lacking)
        verdict.not_shared.push_back(column);
}

/// A table may be altered, or come and go, while it is compared: then it is looked at anew.
asio::awaitable<TableVerdict> verify_table(Context& context, const Neighbour& neighbour, Ends& ends, TableName name,
                                           Progress& progress) {
    constexpr int tries = 3;
    TableVerdict verdict;
    for (int attempt = 0; attempt < tries; ++attempt) {
        verdict = {name.first, name.second};
        const auto* const pair = find_pair(ends, name, neighbour.name, verdict.error);
        if (pair == nullptr) break;
        try {
            const LinkEnds both{*ends.here, *ends.there, context.config.node, neighbour.node};
            co_await compare(both, *pair, verdict, progress);
            break;
        } catch (const pg::SqlError& error) {
            verdict = {name.first, name.second, error.what()};
        }
        ends = co_await open_ends(context, neighbour);
    }
    co_return verdict;
}

std::set<TableName> chosen(const std::set<TableName>& names, const std::optional<TablePattern>& wanted,
                           const std::string& neighbour) {
    if (!wanted) return names;
    std::set<TableName> some;
    for (const auto& name : names) {
        if (wanted->matches(name.first, name.second)) some.insert(name);
    }
    if (some.empty()) {
        throw Error("no such table is replicated here or at " + neighbour + "; trompctl tables lists those that are",
                    Exit::usage);
    }
    return some;
}

}  // namespace

asio::awaitable<LinkVerdict> verify_link(Context& context, const Neighbour& neighbour,
                                         const std::optional<TablePattern>& wanted, Progress& progress) {
    LinkVerdict verdict{{neighbour.node, neighbour.name}};
    try {
        auto ends = co_await open_ends(context, neighbour);
        const auto names = chosen(ends.names, wanted, neighbour.name);
        for (const auto& name : names) {
            auto table = co_await verify_table(context, neighbour, ends, name, progress);
            verdict.tables.push_back(std::move(table));
        }
    } catch (const pg::SqlError& error) {
        constexpr std::string_view undefined_schema = "3F000";
        constexpr std::string_view undefined_table = "42P01";
        const bool bare = error.sqlstate() == undefined_schema || error.sqlstate() == undefined_table;
        verdict.error =
            std::string(error.what()) + (bare ? "; its database is not initialised: run trompctl init there" : "");
    } catch (const Error& error) {
        if (error.code() == Exit::usage) throw;
        verdict.error = error.what();
        verdict.unreachable = error.code() == Exit::unreachable;
    }
    progress.clear();
    co_return verdict;
}

}  // namespace tromp::ctl
