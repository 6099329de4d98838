#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <exception>
#include <ostream>

#include <sql/embedded.hpp>

#include "common/fault.hpp"
#include "common/json_text.hpp"
#include "common/sql_text.hpp"
#include "common/statement.hpp"
#include "ctl/command.hpp"

namespace tromp::ctl {
namespace {

/// How this database tells the neighbours of a statement that replication.ddl() cannot run.
struct Means {
    bool seen{};       ///< event triggers do, by themselves
    bool may_log{};    ///< we may, afterwards
    bool applies{};    ///< nobody would: the role's sessions are under session_replication_role = replica
    std::string last;  ///< the newest statement that was told before
};

struct Outcome {
    const Statement* statement;
    bool told;
};

/// How to end what the connection's loss, or a refusal, interrupted after the statement was run.
std::string telling(const Statement& statement) {
    return "with the search_path that it was run under:\n  " + render_sql(sql::ddl_log, "statement", statement.text) +
           ";";
}

asio::awaitable<Means> means_of(pg::Connection& connection) {
    const auto rows = co_await connection.query(std::string(sql::ddl_means));
    Means means{rows.boolean(0, "seen"), rows.boolean(0, "may_log"), rows.boolean(0, "applies"),
                std::string(rows.at(0, "last"))};
    co_return means;
}

void require_means(const Means& means, const Statement& statement) {
    if (means.applies) {
        throw Error(
            "this role's sessions are under session_replication_role = replica, where nothing is replicated; give " +
            excerpt(statement.text) + " as another role");
    }
    if (!means.seen && !means.may_log) {
        throw Error("this role may not tell the neighbours of " + excerpt(statement.text) +
                    ": `database` must connect as the owner of schema replication, or trompctl init be run by a "
                    "superuser once");
    }
}

/// Outside of a transaction: what is done is done, so each way to fail says how to go on.
asio::awaitable<void> run_directly(pg::Connection& connection, const Means& means, const Statement& statement) {
    try {
        co_await connection.query(statement.text);
    } catch (const pg::ConnectionError& error) {
        throw pg::ConnectionError(
            std::string(error.what()) +
            "; it is not known whether it was run. If it was not, or left an index INVALID (\\d shows it; drop that "
            "first), give it again. If it was, " +
            (means.seen ? "and TABLE replication.statements does not have it, tell" : "tell") +
            " the neighbours of it, " + telling(statement));
    } catch (const pg::SqlError& error) {
        const bool makes_index = statement.kind == "CREATE INDEX";
        throw pg::SqlError(
            error.sqlstate(),
            std::string(error.what()) +
                (makes_index ? "; if it left an index that is INVALID (\\d shows it), drop that before you try again"
                             : ""));
    }
    if (means.seen) co_return;
    try {
        co_await fault_point("ddl_run");
        co_await connection.query(render_sql(sql::ddl_log, "statement", statement.text));
    } catch (const pg::ConnectionError& error) {
        throw pg::ConnectionError(
            "it was run here, but the connection was lost before it was known that the neighbours are told: " +
            std::string(error.what()) + "; unless TABLE replication.statements has it, tell them, " +
            telling(statement));
    } catch (const pg::SqlError& error) {
        throw pg::SqlError(error.sqlstate(),
                           "it was run here, but the neighbours cannot be told: " + std::string(error.what()) +
                               "; when that is mended, tell them, " + telling(statement));
    }
}

asio::awaitable<bool> was_told(pg::Connection& connection, const Means& means, const Statement& statement) {
    if (!means.seen) co_return true;
    const SqlValues values{{"last", means.last}, {"statement", statement.text}};
    const auto rows = co_await connection.query(render_sql(sql::ddl_told, values));
    co_return rows.boolean(0, "told");
}

/// All of them or none: what they did is added to `outcomes` once it is for good.
asio::awaitable<void> run_together(pg::Connection& connection, const std::vector<const Statement*>& group,
                                   const Statement*& current, std::vector<Outcome>& outcomes) {
    std::vector<Outcome> done;
    co_await connection.query("BEGIN");
    for (const auto* statement : group) {
        current = statement;
        const auto rows = co_await connection.query(render_sql(sql::ddl_run, "statement", statement->text));
        done.push_back({statement, !rows.boolean(0, "unchanged")});
    }
    try {
        co_await fault_point("ddl_commit");
        co_await connection.query("COMMIT");
    } catch (const pg::ConnectionError& error) {
        throw pg::ConnectionError(std::string(error.what()) +
                                  "; it is not known whether the statements were run: if they were, all of them are in "
                                  "replication.statements and go to the neighbours; if not, none was, give them again");
    }
    outcomes.insert(outcomes.end(), done.begin(), done.end());
}

/// Those that may be in one transaction, in order; a statement that is alone is a group by itself.
std::vector<std::vector<const Statement*>> groups_of(const std::vector<Statement>& statements) {
    std::vector<std::vector<const Statement*>> groups;
    for (const auto& statement : statements) {
        if (groups.empty() || statement.alone || groups.back().back()->alone) groups.emplace_back();
        groups.back().push_back(&statement);
    }
    return groups;
}

asio::awaitable<void> run_all(pg::Connection& connection, const std::vector<Statement>& statements,
                              std::vector<Outcome>& outcomes) {
    const auto means = co_await means_of(connection);
    const auto groups = groups_of(statements);
    for (const auto& statement : statements)
        if (must_be_outside(statement)) require_means(means, statement);
    co_await connection.query(std::string(sql::ddl_session));
    const Statement* current = nullptr;
    try {
        for (const auto& group : groups) {
            current = group.front();
            if (!must_be_outside(*current)) {
                co_await run_together(connection, group, current, outcomes);
                continue;
            }
            co_await run_directly(connection, means, *current);
            const bool told = co_await was_told(connection, means, *current);
            outcomes.push_back({current, told});
        }
    } catch (const Error& error) {
        auto message = excerpt(current->text) + ": " + error.what();
        if (statements.size() > 1) {
            message += outcomes.empty() ? "\nnone of the other statements was run"
                                        : "\nthe first " + std::to_string(outcomes.size()) + " of " +
                                              std::to_string(statements.size()) +
                                              " statements were run, for good; the others were not";
        }
        throw Error(message, error.code());
    }
}

void print(const std::vector<Outcome>& outcomes, Context& context) {
    if (context.json) {
        boost::json::array list;
        for (const auto& outcome : outcomes) {
            boost::json::object item{
                {"statement", outcome.statement->text}, {"kind", outcome.statement->kind}, {"told", outcome.told}};
            list.push_back(std::move(item));
        }
        context.out << json_text(list) << "\n";
        return;
    }
    for (const auto& outcome : outcomes) {
        context.out << (outcome.told ? "run here, and on its way to the neighbours: "
                                     : "nothing replicated was changed here, and nothing goes to the neighbours: ")
                    << excerpt(outcome.statement->text) << "\n";
    }
}

}  // namespace

asio::awaitable<Exit> run_ddl(Context& context) {
    const auto text = context.arguments.required("the statement, in quotes");
    context.arguments.finish();
    const auto statements = parse_statements(text);
    const auto connection = co_await open_initialised(context);
    std::vector<Outcome> outcomes;
    std::exception_ptr failure;
    try {
        co_await run_all(*connection, statements, outcomes);
    } catch (const Error&) {
        failure = std::current_exception();
    }
    if (!failure || !outcomes.empty()) {
        print(outcomes, context);
        co_await wake_daemon(context);
    }
    if (failure) std::rethrow_exception(failure);
    // replication.ddl() refuses what concerns nothing that is replicated; what is run directly is done by then.
    const bool missed = std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) {
        return !outcome.told && must_be_outside(*outcome.statement);
    });
    co_return missed ? Exit::no : Exit::done;
}

}  // namespace tromp::ctl
