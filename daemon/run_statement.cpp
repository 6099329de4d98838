#include "daemon/run_statement.hpp"

#include "common/fault.hpp"
#include "common/statement.hpp"
#include "daemon/event.hpp"
#include "daemon/retry.hpp"

#include <spdlog/spdlog.h>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/json.hpp>
#include <sql/embedded.hpp>

#include <algorithm>

namespace tromp {
namespace {

namespace asio = boost::asio;
using namespace statement_state;

/// Users who keep a statement waiting for its lock this long make it wait until later.
constexpr std::chrono::seconds patience_with_locks{30};

/// Lets them go on who waited behind us.
constexpr std::chrono::milliseconds courtesy{50};

/// An index on a large table takes its time.
constexpr std::chrono::hours patience_with_statements{24};

constexpr std::string_view duplicate_table = "42P07";  // of an index too
constexpr std::string_view insufficient_privilege = "42501";

/// The mark of those that cannot be in a transaction: should we die behind it, the statement is run again, and finds
/// what it made. Known to statements_tried.sql as well.
constexpr const char* begun = "it was begun";

/// While it lives, the session may be silent for as long as a statement takes.
class Patience {
  public:
    explicit Patience(pg::Connection& session) : session_(session), limit_(session.silence_limit()) {
        session_.set_silence_limit(patience_with_statements);
    }
    ~Patience() { session_.set_silence_limit(limit_); }
    Patience(const Patience&) = delete;
    Patience& operator=(const Patience&) = delete;

  private:
    pg::Connection& session_;
    std::chrono::milliseconds limit_;
};

SqlValues begin_values(const GivenStatement& given, bool local) {
    auto values = given.values;
    values["local"] = local ? "true" : "false";
    return values;
}

/// What to do where its role is not here, or we may not become it.
std::string role_advice(const GivenStatement& given) {
    return "; it was given by role " + quote_identifier(given.values.at("role")) + " of node " +
           std::to_string(given.id.origin) +
           " and is run by the role of that name, or, if that owns schema replication there, by its owner here: create "
           "the role, or GRANT it to the daemon's role, then trompctl held retry; or trompctl held discard";
}

/// Takes on the settings and the role that the statement was given with, up to the end of the transaction if `local`.
asio::awaitable<void> become_who_gave_it(pg::Connection& session, const GivenStatement& given, bool local) {
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

/// By who gave it.
asio::awaitable<void> run_text(pg::Connection& session, const GivenStatement& given) {
    std::optional<pg::SqlError> error;
    session.advise_grants(false);
    try {
        co_await session.query(given.text);
    } catch (const pg::SqlError& e) {
        error = e;
    }
    session.advise_grants(true);
    if (!error) co_return;
    if (error->sqlstate() != insufficient_privilege) throw *error;
    throw pg::SqlError(error->sqlstate(), std::string(error->what()) +
                                              "; it is run by the role that gave it, or the owner of schema "
                                              "replication in the place of the one there: grant that right here, then "
                                              "trompctl held retry; or trompctl held discard");
}

asio::awaitable<void> run_outside(Flow& flow, const GivenStatement& given) {
    pg::Options options;
    options.label = "our own database";
    options.application_name = "trompd statement of " + flow.from.name;
    options.silence_limit = patience_with_statements;
    const auto session = co_await pg::Connection::open(flow.target_conninfo, std::move(options));
    co_await become_who_gave_it(*session, given, false);
    co_await run_text(*session, given);
}

/// Leaves no index that an earlier attempt did not finish. Were there any?
asio::awaitable<bool> clear_unfinished(Flow& flow, const GivenStatement& given) {
    const auto rows = co_await flow.target.query(render_sql(sql::statement_unfinished, given.values));
    for (int row = 0; row < rows.rows(); ++row)
        co_await flow.target.query(std::string(rows.at(row, "statement")));
    co_return rows.rows() > 0;
}

asio::awaitable<void> run_alone(Flow& flow, const GivenStatement& given) {
    co_await flow.target.query(keep_statement(given, waiting, begun));
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
        } else if (given.error == begun) {
            error.reset();
        }
    }
    if (error) throw *error;
    co_await fault_point("ddl.run", flow.from.node);
    co_await flow.target.query(keep_statement(given, done, ""));
}

asio::awaitable<void> run_in_transaction(Flow& flow, const GivenStatement& given) {
    co_await become_who_gave_it(flow.target, given, true);
    co_await run_text(flow.target, given);
    co_await fault_point("ddl.run", flow.from.node);
    co_await flow.target.query(std::string(sql::statement_end) + keep_statement(given, done, ""));
    co_await fault_point("ddl.before_commit", flow.from.node);
    co_await flow.target.query("COMMIT");
    co_await fault_point("ddl.committed", flow.from.node);
}

bool is_same(const std::string& text, const Statement& other) {
    try {
        return parse_statement(text).fingerprint == other.fingerprint;
    } catch (const Error&) {
        return false;
    }
}

/// What becomes of a statement that the database refused.
asio::awaitable<StatementVerdict> judge(Flow& flow, const GivenStatement& given, const Statement& parsed,
                                        const pg::SqlError& error) {
    StatementVerdict verdict{held, "\"" + excerpt(given.text) + "\" of node " + std::to_string(given.id.origin) +
                                       " cannot be run here: " + error.what()};
    if (needs_rows(error.sqlstate())) verdict.state = waiting;
    if (!is_contradiction(error.sqlstate())) co_return verdict;
    if (flow.begins) co_return StatementVerdict{done, ""};
    const auto rivals = co_await flow.target.query(render_sql(sql::statement_rivals, given.values));
    std::string contradicted;
    for (int row = 0; row < rivals.rows(); ++row) {
        const std::string text(rivals.at(row, "statement"));
        if (is_same(text, parsed)) {
            spdlog::info("link={} statement=\"{}\" was given here too", flow.from.name, excerpt(given.text));
            co_return StatementVerdict{done, ""};
        }
        if (contradicted.empty() && rivals.boolean(row, "touches")) {
            contradicted =
                "; it contradicts \"" + excerpt(text) + "\" of node " + std::string(rivals.at(row, "origin"));
        }
    }
    verdict.error += contradicted;
    co_return verdict;
}

/// The parser reads strings by the standard. A server that does not could make several statements of one.
bool reads_strings_otherwise(const GivenStatement& given) {
    const auto settings = boost::json::parse(given.values.at("settings"));
    const auto* const object = settings.if_object();
    if (object == nullptr) return true;
    return std::any_of(object->begin(), object->end(), [](const auto& setting) {
        const bool is_it = boost::algorithm::iequals(std::string_view(setting.key()), "standard_conforming_strings");
        return is_it && setting.value() != "on";
    });
}

/// Throws Error where it cannot be run at any node.
Statement parse(const GivenStatement& given) {
    if (reads_strings_otherwise(given)) {
        throw Error("\"" + excerpt(given.text) +
                    "\" was given with standard_conforming_strings off; run it here by hand, then discard it");
    }
    return parse_statement(given.text);
}

asio::awaitable<std::optional<pg::SqlError>> attempt(Flow& flow, const GivenStatement& given, bool outside) {
    std::optional<pg::SqlError> error;
    try {
        if (outside) {
            co_await run_alone(flow, given);
        } else {
            co_await run_in_transaction(flow, given);
        }
    } catch (const pg::SqlError& e) {
        error = e;
    }
    if (error) co_await flow.target.query("ROLLBACK");
    co_return error;
}

}  // namespace

std::string keep_statement(const GivenStatement& given, const std::string& state, const std::string& error) {
    auto values = given.values;
    values["state"] = state;
    values["error"] = error;
    return render_sql(sql::statement_keep, values);
}

asio::awaitable<StatementVerdict> run_statement(Flow& flow, const GivenStatement& given) {
    std::string refusal;
    Statement parsed;
    try {
        parsed = parse(given);
    } catch (const Error& error) {
        refusal = error.what();
    }
    if (!refusal.empty()) co_return StatementVerdict{held, refusal};
    const Patience patience(flow.target);
    const auto give_up = pg::Clock::now() + patience_with_locks;
    for (;;) {
        const auto error = co_await attempt(flow, given, must_be_outside(parsed));
        if (!error) co_return StatementVerdict{done, "", true};
        if (!is_contention(error->sqlstate())) {
            if (is_transient(error->sqlstate())) throw *error;
            auto verdict = co_await judge(flow, given, parsed, *error);
            co_return verdict;
        }
        // Who locks its tables for so long stops these tables, not the link.
        if (pg::Clock::now() >= give_up)
            co_return StatementVerdict{waiting, "\"" + excerpt(given.text) + "\" waits for a lock: " + error->what()};
        co_await Event{}.wait_until(pg::Clock::now() + courtesy);
    }
}

}  // namespace tromp
