#include "daemon/statements.hpp"

#include "common/fault.hpp"
#include "common/sql_text.hpp"
#include "common/statement.hpp"
#include "daemon/retry.hpp"
#include "daemon/statement_order.hpp"

#include <spdlog/spdlog.h>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <sql/embedded.hpp>

#include <algorithm>
#include <iterator>

namespace tromp {
namespace {

namespace asio = boost::asio;

/// Users who keep a statement waiting for its lock this long make it wait until later.
constexpr std::chrono::seconds patience_with_locks{30};

/// Lets them go on who waited behind us.
constexpr std::chrono::milliseconds courtesy{50};

/// An index on a large table takes its time.
constexpr std::chrono::hours patience_with_statements{24};

constexpr std::string_view duplicate_table = "42P07";  // of an index too

constexpr const char* done = "done";
constexpr const char* held = "held";
constexpr const char* waiting = "waiting";
constexpr const char* skipped = "skipped";

/// A statement as the source, or our own table, has it.
struct Given {
    StatementId id;
    SqlValues values;  ///< of statement_keep.sql, but for state and error
    std::string text;
    std::string error{};     ///< why it could not be run before
    bool was_begun = false;  ///< by one who died behind it
};

struct Verdict {
    std::string state;
    std::string error;  ///< empty: it is done, or not wanted
    bool kept = false;  ///< it is written down
};

Given read_statement(const pg::Result& rows, int row, StatementId id, const Flow& flow) {
    Given given;
    given.id = id;
    given.text = rows.at(row, "statement");
    given.values = {{"origin", std::to_string(id.origin)},
                    {"number", std::to_string(id.number)},
                    {"via", std::to_string(flow.from.node)},
                    {"version", std::to_string(rows.number(row, "version"))},
                    {"statement", given.text},
                    {"role", std::string(rows.at(row, "role"))},
                    {"settings", std::string(rows.at(row, "settings"))},
                    {"alone", rows.boolean(row, "alone") ? "true" : "false"},
                    {"tables", std::string(rows.at(row, "tables"))},
                    {"forwards", flow.forwards ? "true" : "false"}};
    return given;
}

asio::awaitable<Given> fetch(Flow& flow, StatementId id) {
    const auto rows = co_await flow.source.query(
        render_sql(sql::pull_statement, "origin", std::to_string(id.origin), "number", std::to_string(id.number)));
    if (rows.rows() == 0) throw Error("the log of " + flow.from.name + " names a statement that is not there");
    co_return read_statement(rows, 0, id, flow);
}

std::string keep(const Given& given, const std::string& state, const std::string& error) {
    auto values = given.values;
    values["state"] = state;
    values["error"] = error;
    return render_sql(sql::statement_keep, values);
}

std::string shortened(const std::string& text) {
    constexpr std::size_t enough = 300;
    return text.size() <= enough ? text : text.substr(0, enough) + " …";
}

/// What to do where its role is not here, or we may not become it.
std::string role_advice(const Given& given) {
    return "; it was given by role " + quote_identifier(given.values.at("role")) + " of node " +
           std::to_string(given.id.origin) +
           " and is run by the role of that name, or, if that owns schema replication there, by its owner here: create "
           "the role, or GRANT it to the daemon's role, then trompctl held retry; or trompctl held discard";
}

SqlValues begin_values(const Given& given, bool local) {
    auto values = given.values;
    values["local"] = local ? "true" : "false";
    return values;
}

/// Takes on the settings and the role that the statement was given with, up to the end of the transaction if `local`.
asio::awaitable<void> become_who_gave_it(pg::Connection& session, const Given& given, bool local) {
    const auto values = begin_values(given, local);
    const std::string head = local ? "BEGIN;" : std::string(sql::statement_session);
    co_await session.query(head + render_sql(sql::statement_begin, values));
    std::optional<pg::SqlError> error;
    try {
        co_await session.query(render_sql(sql::statement_role, values));
    } catch (const pg::SqlError& e) {
        error = e;
    }
    if (!error) co_return;
    if (is_transient(error->sqlstate())) throw *error;
    throw pg::SqlError(error->sqlstate(), std::string(error->what()) + role_advice(given));
}

/// Its mark in the log of those that cannot be in a transaction: should we die behind it, it is run again, and finds
/// what it made. Known to statements_tried.sql as well.
constexpr const char* begun = "it was begun";

asio::awaitable<void> run_outside(Flow& flow, const Given& given) {
    pg::Options options;
    options.label = "our own database";
    options.application_name = "trompd statement of " + flow.from.name;
    options.silence_limit = patience_with_statements;
    const auto session = co_await pg::Connection::open(flow.target_conninfo, std::move(options));
    co_await become_who_gave_it(*session, given, false);
    co_await session->query(given.text);
}

/// Leaves no index that an earlier attempt did not finish. Were there any?
asio::awaitable<bool> clear_unfinished(Flow& flow, const Given& given) {
    const auto rows = co_await flow.target.query(render_sql(sql::statement_unfinished, given.values));
    for (int row = 0; row < rows.rows(); ++row)
        co_await flow.target.query(std::string(rows.at(row, "statement")));
    co_return rows.rows() > 0;
}

asio::awaitable<void> run_alone(Flow& flow, const Given& given) {
    co_await flow.target.query(keep(given, waiting, begun));
    co_await fault_point("ddl.begun", flow.from.node);
    std::optional<pg::SqlError> error;
    try {
        co_await run_outside(flow, given);
    } catch (const pg::SqlError& e) {
        error = e;
    }
    if (error && error->sqlstate() == duplicate_table) {
        const bool unfinished = co_await clear_unfinished(flow, given);
        if (unfinished) {
            error.reset();
            co_await run_outside(flow, given);
        } else if (given.was_begun) {
            error.reset();
        }
    }
    if (error) throw *error;
    co_await fault_point("ddl.run", flow.from.node);
    co_await flow.target.query(keep(given, done, ""));
}

asio::awaitable<void> run_in_transaction(Flow& flow, const Given& given) {
    co_await become_who_gave_it(flow.target, given, true);
    co_await flow.target.query(given.text);
    co_await fault_point("ddl.run", flow.from.node);
    co_await flow.target.query(std::string(sql::statement_end) + keep(given, done, ""));
    co_await fault_point("ddl.before_commit", flow.from.node);
    co_await flow.target.query("COMMIT");
    co_await fault_point("ddl.committed", flow.from.node);
}

/// An added label may not be used in its own transaction, and that is what it has.
bool must_be_outside(const Statement& parsed) {
    return parsed.alone && parsed.kind != "ALTER TYPE";
}

bool is_same(const std::string& text, const Statement& other) {
    try {
        return parse_statement(text).fingerprint == other.fingerprint;
    } catch (const Error&) {
        return false;
    }
}

/// What becomes of a statement that the database refused.
asio::awaitable<Verdict> judge(Flow& flow, const Given& given, const Statement& parsed, const pg::SqlError& error) {
    Verdict verdict{held, "\"" + shortened(given.text) + "\" of node " + std::to_string(given.id.origin) +
                              " cannot be run here: " + error.what()};
    if (needs_rows(error.sqlstate())) verdict.state = waiting;
    if (!is_contradiction(error.sqlstate())) co_return verdict;
    const auto rivals = co_await flow.target.query(render_sql(sql::statement_rivals, given.values));
    if (flow.begins) co_return Verdict{done, ""};
    std::string contradicted;
    for (int row = 0; row < rivals.rows(); ++row) {
        const std::string text(rivals.at(row, "statement"));
        if (is_same(text, parsed)) {
            spdlog::info("link={} statement=\"{}\" was given here too", flow.from.name, shortened(given.text));
            co_return Verdict{done, ""};
        }
        if (contradicted.empty() && rivals.boolean(row, "touches")) {
            contradicted =
                "; it contradicts \"" + shortened(text) + "\" of node " + std::string(rivals.at(row, "origin"));
        }
    }
    verdict.error += contradicted;
    co_return verdict;
}

/// The parser reads strings by the standard. A server that does not could make several statements of one.
bool reads_strings_otherwise(const Given& given) {
    const auto settings = boost::json::parse(given.values.at("settings"));
    const auto* const object = settings.if_object();
    if (object == nullptr) return true;
    return std::any_of(object->begin(), object->end(), [](const auto& setting) {
        const bool is_it = boost::algorithm::iequals(std::string_view(setting.key()), "standard_conforming_strings");
        return is_it && setting.value() != "on";
    });
}

asio::awaitable<Verdict> attempt(Flow& flow, const Given& given) {
    std::string refusal;
    Statement parsed;
    try {
        if (reads_strings_otherwise(given)) {
            throw Error("\"" + shortened(given.text) +
                        "\" was given with standard_conforming_strings off; run it here by hand, then discard it");
        }
        parsed = parse_statement(given.text);
    } catch (const Error& error) {
        refusal = error.what();
    }
    if (!refusal.empty()) co_return Verdict{held, refusal};
    const auto give_up = pg::Clock::now() + patience_with_locks;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        std::optional<pg::SqlError> error;
        try {
            if (must_be_outside(parsed)) {
                co_await run_alone(flow, given);
            } else {
                co_await run_in_transaction(flow, given);
            }
        } catch (const pg::SqlError& e) {
            error = e;
        }
        if (!error) co_return Verdict{done, "", true};
        co_await flow.target.query("ROLLBACK");
        const bool again = is_contention(error->sqlstate()) && pg::Clock::now() < give_up;
        // Who locks its tables for so long stops these tables, not the link.
        const bool locked = !again && is_contention(error->sqlstate());
        if (locked) co_return Verdict{waiting, "\"" + shortened(given.text) + "\" waits for a lock: " + error->what()};
        if (!again && is_transient(error->sqlstate())) throw *error;
        if (!again) {
            auto verdict = co_await judge(flow, given, parsed, *error);
            co_return verdict;
        }
        timer.expires_after(courtesy);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

/// Those about the same tables come one after the other, unless nothing but rows is in the way of the earlier one.
asio::awaitable<std::optional<Verdict>> blocked(Flow& flow, const Given& given) {
    const auto rows = co_await flow.target.query(render_sql(sql::statement_blocked, given.values));
    for (int row = 0; row < rows.rows(); ++row) {
        const std::string earlier(rows.at(row, "statement"));
        const std::string state(rows.at(row, "state"));
        const auto common = boost::json::value_to<std::vector<std::string>>(boost::json::parse(rows.at(row, "common")));
        if (state == waiting && may_go_first(given.text, earlier, common)) continue;
        co_return Verdict{state, "it waits for \"" + shortened(earlier) + "\", which comes before it"};
    }
    co_return std::nullopt;
}

/// True: it need not be looked at again.
asio::awaitable<bool> run(Flow& flow, const Given& given) {
    Verdict verdict{skipped, ""};
    if (flow.apply_ddl) {
        const auto before = co_await blocked(flow, given);
        if (before) {
            verdict = *before;
        } else {
            verdict = co_await attempt(flow, given);
        }
    }
    if (!verdict.kept) co_await flow.target.query(keep(given, verdict.state, verdict.error));
    if (verdict.error.empty()) {
        spdlog::info("link={} statement=\"{}\" {}", flow.from.name, shortened(given.text), verdict.state);
        co_return true;
    }
    if (verdict.error != given.error)
        spdlog::warn("link={} statement=\"{}\" {}: {}", flow.from.name, shortened(given.text), verdict.state,
                     verdict.error);
    co_return false;
}

}  // namespace

bool needs_rows(std::string_view sqlstate) {
    return sqlstate.starts_with("23");
}

bool is_contradiction(std::string_view sqlstate) {
    constexpr std::string_view there[] = {"42P07", "42701", "42710", "42723", "42P06", "42P16"};
    constexpr std::string_view not_there[] = {"42P01", "42703", "42704", "42883", "3F000"};
    const auto is_state = [&](std::string_view state) { return state == sqlstate; };
    return std::any_of(std::begin(there), std::end(there), is_state) ||
           std::any_of(std::begin(not_there), std::end(not_there), is_state);
}

asio::awaitable<std::vector<StatementId>> unknown_statements(pg::Connection& target, const std::string& statements) {
    const auto rows = co_await target.query(render_sql(sql::statements_unknown, "statements", statements));
    std::vector<StatementId> unknown;
    for (int row = 0; row < rows.rows(); ++row)
        unknown.push_back({static_cast<int>(rows.number(row, "origin")), rows.number(row, "number")});
    co_return unknown;
}

asio::awaitable<void> run_statements(Flow& flow, const std::vector<StatementId>& statements) {
    const auto limit = flow.target.silence_limit();
    flow.target.set_silence_limit(patience_with_statements);
    for (const auto id : statements) {
        const auto given = co_await fetch(flow, id);
        co_await run(flow, given);
    }
    flow.target.set_silence_limit(limit);
}

asio::awaitable<std::size_t> retry_statements(Flow& flow) {
    const auto open =
        co_await flow.target.query(render_sql(sql::statements_open, "via", std::to_string(flow.from.node)));
    std::size_t left = 0;
    for (int row = 0; row < open.rows(); ++row) {
        const StatementId id{static_cast<int>(open.number(row, "origin")), open.number(row, "number")};
        auto given = read_statement(open, row, id, flow);
        given.error = open.optional_at(row, "error").value_or("");
        given.was_begun = given.error == begun;
        const bool over = co_await run(flow, given);
        if (!over) ++left;
    }
    co_return left;
}

asio::awaitable<void> run_statements_before(Flow& flow) {
    const auto link =
        co_await flow.target.query(render_sql(sql::link_started, "source", std::to_string(flow.from.node)));
    if (link.boolean(0, "started")) co_return;
    const auto row =
        co_await flow.source.query(render_sql(sql::statements_there, "reader", std::to_string(flow.reader)));
    flow.forwards = true;
    const auto before = co_await unknown_statements(flow.target, std::string(row.at(0, "statements")));
    flow.begins = true;
    co_await run_statements(flow, before);
    flow.begins = false;
}

asio::awaitable<void> hold_for_statements(Flow& flow, std::vector<Misfit>& misfits) {
    const auto rows =
        co_await flow.target.query(render_sql(sql::statements_hold, "via", std::to_string(flow.from.node)));
    for (int row = 0; row < rows.rows(); ++row) {
        const auto schema = rows.at(row, "schema_name");
        const auto name = rows.at(row, "table_name");
        const auto reason = "it waits for a statement: " + std::string(rows.at(row, "error")) +
                            " (trompctl held lists it; retry or discard it there)";
        const auto misfit = std::find_if(misfits.begin(), misfits.end(), [&](const Misfit& table) {
            return table.schema == schema && table.name == name;
        });
        if (misfit != misfits.end()) {
            misfit->reason += "; " + reason;
            continue;
        }
        const auto pair = std::find_if(flow.pairs.begin(), flow.pairs.end(), [&](const auto& entry) {
            return entry.second.target.schema == schema && entry.second.target.name == name;
        });
        if (pair == flow.pairs.end()) continue;
        const auto& table = pair->second.source;
        misfits.push_back(
            {table.id, table.schema, table.name, "table " + table.display_name() + " is held: " + reason});
    }
}

}  // namespace tromp
