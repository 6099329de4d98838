#include "common/database_status.hpp"
#include "common/sql_text.hpp"
#include "daemon/held.hpp"
#include "daemon/node.hpp"
#include "daemon/running_link.hpp"

#include <fmt/chrono.h>
#include <spdlog/spdlog.h>
#include <sql/embedded.hpp>

#include <algorithm>

/// What trompctl asks of a running daemon.
namespace tromp {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::chrono::seconds patience_with_statements{30};

/// However seldom the links tell of their progress, whoever waits for it looks this often.
constexpr std::chrono::milliseconds look_anyway{500};

double seconds_until(pg::Clock::time_point time) {
    return std::max(0.0, std::chrono::duration<double>(time - pg::Clock::now()).count());
}

int badness(LinkState state) {
    switch (state) {
        case LinkState::streaming:
            return 0;
        case LinkState::catching_up:
            return 1;
        case LinkState::resynchronising:
            return 2;
        case LinkState::connecting:
            return 3;
        case LinkState::paused:
            return 4;
        case LinkState::stale:
            return 5;
        case LinkState::backing_off:
            return 6;
        case LinkState::failed:
            return 7;
    }
    return 8;
}

/// Adds what only the running link knows. `incoming` is the one whose figures are about what we receive.
void overlay(NeighbourReport& report, const LinkStatus& status, bool incoming) {
    if (incoming) {
        report.to_receive = {status.to_receive, status.to_receive_seconds};
        report.clock_offset_seconds = status.clock_offset;
        if (status.in_sync_at)
            report.last_sync =
                fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(*status.in_sync_at)));
    }
    const bool away = status.state == LinkState::backing_off || status.state == LinkState::connecting;
    const bool given_up = report.state == LinkState::stale && away;
    if (report.state && !given_up && badness(*report.state) > badness(status.state)) return;
    if (!given_up) report.state = status.state;
    report.comparing = status.comparing;
    if (!given_up) report.reason = status.reason.empty() ? std::nullopt : std::optional(status.reason);
    if (!status.last_error.empty()) report.last_error = status.last_error;
    report.retry_in_seconds = status.retry_at ? std::optional(seconds_until(*status.retry_at)) : std::nullopt;
}

json::object done(bool ok, const std::string& message) {
    return {{control::field::ok, ok}, {control::field::message, message}};
}

}  // namespace

asio::awaitable<json::object> Node::answer(json::object request) {
    const auto* const command = request.if_contains(control::field::command);
    const std::string name = command != nullptr && command->is_string() ? std::string(command->as_string()) : "";
    if (name == control::command::status) co_return co_await answer_status();
    if (name == control::command::sync) co_return co_await answer_sync(std::move(request));
    if (name == control::command::retry) co_return co_await answer_retry();
    if (name == control::command::wake) {
        wake_links();
        co_return done(true, "");
    }
    if (name == control::command::removed) {
        const auto& neighbour = request[control::field::neighbour];
        if (!neighbour.is_number()) throw Error("which neighbour was removed?");
        forget_neighbour(neighbour.to_number<int>());
        co_return done(true, "");
    }
    throw Error("trompd " TROMP_VERSION " does not know the command '" + name + "'");
}

asio::awaitable<json::object> Node::answer_status() {
    const auto database = co_await open_own("status");
    auto report = co_await read_database_status(*database, config_);
    report.node.daemon = "running";
    report.node.version = TROMP_VERSION;
    for (auto& neighbour : report.neighbours) {
        for (const auto& running : links_) {
            if (running->neighbour != neighbour.node) continue;
            overlay(neighbour, running->link.status(), running->link.options().target.peer.node == config_.node);
        }
    }
    co_return to_json(report);
}

asio::awaitable<json::object> Node::answer_retry() {
    const auto database = co_await open_own("held rows, as asked");
    Retried retried;
    do {
        retried = co_await try_held_again(*database);
    } while (retried.again());
    prunable_.notify();
    co_await retry_statements_of_links(*database);
    co_return done(true, "");
}

asio::awaitable<void> Node::retry_statements_of_links(pg::Connection& database) {
    const auto give_up = pg::Clock::now() + patience_with_statements;
    const auto before = co_await database.query(std::string(sql::statements_tried));
    if (before.number(0, "open") == 0) co_return;
    wake_links();
    while (pg::Clock::now() < give_up) {
        const auto now = co_await database.query(std::string(sql::statements_tried));
        const auto closed = before.number(0, "open") - now.number(0, "open");
        if (closed >= before.number(0, "open") ||
            now.number(0, "tries") >= before.number(0, "tries") + now.number(0, "open"))
            co_return;
        co_await progress_.wait_until(std::min(give_up, pg::Clock::now() + look_anyway));
    }
}

void Node::forget_neighbour(int node) {
    std::erase_if(links_, [&](const std::shared_ptr<RunningLink>& running) {
        if (running->neighbour != node) return false;
        spdlog::info("link={} was removed", running->link.options().source.peer.name);
        running->cancel.emit(asio::cancellation_type::terminal);
        return true;
    });
    std::erase_if(config_.neighbours, [&](const Neighbour& neighbour) { return neighbour.node == node; });
    prunable_.notify();
}

std::vector<const Link*> Node::links_with(const std::vector<int>& neighbours) const {
    std::vector<const Link*> links;
    for (const auto& running : links_) {
        if (std::find(neighbours.begin(), neighbours.end(), running->neighbour) != neighbours.end())
            links.push_back(&running->link);
    }
    return links;
}

asio::awaitable<json::object> Node::answer_sync(json::object request) {
    std::vector<int> neighbours;
    if (const auto& wanted = request[control::field::neighbour]; wanted.is_number()) {
        neighbours.push_back(wanted.to_number<int>());
    } else {
        for (const auto& neighbour : config_.neighbours)
            neighbours.push_back(neighbour.node);
    }
    for (const auto& running : links_) {
        if (std::find(neighbours.begin(), neighbours.end(), running->neighbour) != neighbours.end())
            running->link.wake();
    }
    const auto* const wait = request.if_contains(control::field::wait);
    if (wait == nullptr || !wait->is_bool() || !wait->as_bool()) co_return done(true, "");
    const auto* const limit = request.if_contains(control::field::timeout_ms);
    const auto timeout =
        std::chrono::milliseconds(limit != nullptr && limit->is_number() ? limit->to_number<std::int64_t>() : 60000);
    const auto failure = co_await wait_until_drained(neighbours, pg::Clock::now() + timeout);
    co_return done(failure.empty(), failure);
}

asio::awaitable<std::string> Node::wait_until_drained(std::vector<int> neighbours, pg::Clock::time_point deadline) {
    const auto called = pg::Clock::now();
    const auto database = co_await open_own("sync");
    // First in, then out: what comes in goes on to the others.
    std::string mark;
    for (;;) {
        std::string waiting_for;
        for (const auto& neighbour : config_.neighbours) {
            if (std::find(neighbours.begin(), neighbours.end(), neighbour.node) == neighbours.end()) continue;
            const auto links = links_with({neighbour.node});
            const bool all_drained = std::all_of(links.begin(), links.end(),
                                                 [&](const Link* link) { return link->status().drained >= called; });
            if (!all_drained) waiting_for += "; changes of " + neighbour.name + " are not all here";
        }
        if (waiting_for.empty()) {
            if (mark.empty()) {
                const auto row = co_await database->query(std::string(sql::sync_mark));
                mark = row.at(0, "now");
            }
            for (const int neighbour : neighbours) {
                const auto query = render_sql(sql::sync_unsent, "neighbour", std::to_string(neighbour), "mark", mark);
                const auto row = co_await database->query(query);
                if (row.boolean(0, "unsent"))
                    waiting_for += "; node " + std::to_string(neighbour) + " has not read all of our changes";
            }
        }
        if (waiting_for.empty()) {
            // What everybody has read need not stay a moment longer.
            co_await database->query(std::string(sql::prune));
            co_return "";
        }
        if (pg::Clock::now() >= deadline) co_return waiting_for.substr(2);
        co_await progress_.wait_until(std::min(deadline, pg::Clock::now() + look_anyway));
    }
}

}  // namespace tromp
