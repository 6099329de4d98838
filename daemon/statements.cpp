#include "daemon/statements.hpp"

#include "common/statement.hpp"
#include "daemon/statement_order.hpp"

#include <spdlog/spdlog.h>
#include <boost/json.hpp>
#include <sql/embedded.hpp>

#include <algorithm>

namespace tromp {
namespace {

namespace asio = boost::asio;

GivenStatement read_statement(const pg::Result& rows, int row, StatementId id, const Flow& flow) {
    GivenStatement given;
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
                    {"tables", std::string(rows.at(row, "tables"))}};
    return given;
}

asio::awaitable<GivenStatement> fetch(Flow& flow, StatementId id) {
    const auto rows = co_await flow.source.query(
        render_sql(sql::pull_statement, "origin", std::to_string(id.origin), "number", std::to_string(id.number)));
    if (rows.rows() == 0) throw Error("the log of " + flow.from.name + " names a statement that is not there");
    co_return read_statement(rows, 0, id, flow);
}

/// Those about the same tables come one after the other, unless nothing but rows is in the way of the earlier one.
asio::awaitable<std::optional<StatementVerdict>> blocked(Flow& flow, const GivenStatement& given) {
    const auto rows = co_await flow.target.query(render_sql(sql::statement_blocked, given.values));
    for (int row = 0; row < rows.rows(); ++row) {
        const std::string earlier(rows.at(row, "statement"));
        const std::string state(rows.at(row, "state"));
        const auto common = boost::json::value_to<std::vector<std::string>>(boost::json::parse(rows.at(row, "common")));
        if (state == statement_state::waiting && may_go_first(given.text, earlier, common)) continue;
        co_return StatementVerdict{state, "it waits for \"" + excerpt(earlier) + "\", which comes before it"};
    }
    co_return std::nullopt;
}

/// True: it need not be looked at again.
asio::awaitable<bool> run(Flow& flow, const GivenStatement& given) {
    StatementVerdict verdict{statement_state::skipped, ""};
    if (flow.apply_ddl) {
        const auto before = co_await blocked(flow, given);
        if (before) {
            verdict = *before;
        } else {
            verdict = co_await run_statement(flow, given);
        }
    }
    if (!verdict.kept) co_await flow.target.query(keep_statement(given, verdict.state, verdict.error));
    if (verdict.error.empty()) {
        spdlog::info("link={} statement=\"{}\" {}", flow.from.name, excerpt(given.text), verdict.state);
        co_return true;
    }
    if (verdict.error != given.error)
        spdlog::warn("link={} statement=\"{}\" {}: {}", flow.from.name, excerpt(given.text), verdict.state,
                     verdict.error);
    co_return false;
}

}  // namespace

asio::awaitable<std::vector<StatementId>> unknown_statements(pg::Connection& target, const std::string& statements) {
    const auto rows = co_await target.query(render_sql(sql::statements_unknown, "statements", statements));
    std::vector<StatementId> unknown;
    for (int row = 0; row < rows.rows(); ++row)
        unknown.push_back({static_cast<int>(rows.number(row, "origin")), rows.number(row, "number")});
    co_return unknown;
}

asio::awaitable<void> run_statements(Flow& flow, const std::vector<StatementId>& statements) {
    for (const auto id : statements) {
        const auto given = co_await fetch(flow, id);
        co_await run(flow, given);
    }
}

asio::awaitable<std::size_t> retry_statements(Flow& flow) {
    const auto open =
        co_await flow.target.query(render_sql(sql::statements_open, "via", std::to_string(flow.from.node)));
    std::size_t left = 0;
    for (int row = 0; row < open.rows(); ++row) {
        const StatementId id{static_cast<int>(open.number(row, "origin")), open.number(row, "number")};
        auto given = read_statement(open, row, id, flow);
        given.error = open.optional_at(row, "error").value_or("");
        const bool over = co_await run(flow, given);
        if (!over) ++left;
    }
    co_return left;
}

asio::awaitable<void> run_statements_before(Flow& flow) {
    const auto link =
        co_await flow.target.query(render_sql(sql::first_contact_state, "source", std::to_string(flow.from.node)));
    if (link.boolean(0, "started")) co_return;
    const auto row =
        co_await flow.source.query(render_sql(sql::statements_there, "reader", std::to_string(flow.reader)));
    const auto before = co_await unknown_statements(flow.target, std::string(row.at(0, "statements")));
    flow.begins = true;
    co_await run_statements(flow, before);
    flow.begins = false;
}

asio::awaitable<void> hold_until_read(Flow& flow, std::vector<Misfit>& misfits) {
    const auto rows =
        co_await flow.target.query(render_sql(sql::statements_unread, "source", std::to_string(flow.from.node)));
    for (int row = 0; row < rows.rows(); ++row) {
        const auto id = rows.number(row, "tbl");
        const auto pair = std::find_if(flow.pairs.begin(), flow.pairs.end(),
                                       [&](const auto& entry) { return entry.second.target.id == id; });
        if (pair == flow.pairs.end()) continue;
        const auto& table = pair->second.source;
        misfits.push_back(
            {table.id, table.schema, table.name,
             "table " + table.display_name() + " waits until " + flow.from.name + " has read a statement about it"});
        flow.pairs.erase(pair);
    }
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
            misfit->reason = reason + "; " + misfit->reason;
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
