#include "common/backoff.hpp"
#include "common/sql_text.hpp"
#include "daemon/held.hpp"
#include "daemon/network_watch.hpp"
#include "daemon/node.hpp"
#include "daemon/prune.hpp"
#include "daemon/retry.hpp"
#include "daemon/running_link.hpp"
#include "daemon/service.hpp"
#include "daemon/stale.hpp"

#include <spdlog/spdlog.h>
#include <sql/embedded.hpp>

#include <algorithm>

/// What a node does beside its links: each a coroutine that goes on whatever happens.
namespace tromp {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto prune_at_least_every = 30s;
constexpr auto guard_interval = 5s;
constexpr auto held_at_most_every = 1s;
constexpr auto held_at_least_every = 30s;
constexpr auto care_interval = 10s;

}  // namespace

asio::awaitable<void> Node::keep_log_short() {
    Backoff backoff(1s, 30s);
    for (;;) {
        const auto longest = std::clamp<pg::milliseconds>(config_.limits.stale_after / 4, 1s, prune_at_least_every);
        auto look_for_stale = pg::Clock::now();
        std::exception_ptr error;
        try {
            Pruner pruner;
            std::unique_ptr<pg::Connection> database;
            for (;;) {
                co_await prunable_.wait_until(pg::Clock::now() + longest);
                co_await Event{}.wait_until(pruner.not_before());
                if (!database) database = co_await open_own("prune");
                if (pg::Clock::now() >= look_for_stale) {
                    look_for_stale = pg::Clock::now() + longest;
                    co_await mark_stale(*database, config_.limits);
                }
                const auto pruned = co_await pruner.prune(*database);
                const auto compacted = co_await pruner.compact(*database);
                if (pruned + compacted > 0) spdlog::debug("pruned={} compacted={}", pruned, compacted);
                progress_.notify();
                backoff.reset();
            }
        } catch (...) {
            error = std::current_exception();
        }
        if (const auto reason = why(error)) spdlog::debug("prune: {}", *reason);
        co_await own_back_.wait_until(pg::Clock::now() + backoff.next());
    }
}

asio::awaitable<void> Node::retry_held_rows() {
    Backoff backoff(1s, 30s);
    for (;;) {
        std::exception_ptr error;
        try {
            const auto database = co_await open_own("held rows");
            co_await database->query("LISTEN trompd_wake");  // users' changes and batches, whichever daemon runs them
            std::int64_t left_before = 0;
            for (;;) {
                const auto began = pg::Clock::now();
                const auto retried = co_await try_held_again(*database);
                progress_.notify();
                backoff.reset();
                if (left_before > 0 || retried.done > 0) prunable_.notify();  // a batch may have let some go
                left_before = retried.left;
                if (retried.again()) continue;
                const auto took = pg::Clock::now() - began;
                co_await Event{}.wait_until(pg::Clock::now() +
                                            std::max<pg::Clock::duration>(held_at_most_every, 10 * took));
                co_await database->wait_notification(held_at_least_every);
            }
        } catch (...) {
            error = std::current_exception();
        }
        if (const auto reason = why(error)) spdlog::debug("held rows: {}", *reason);
        co_await own_back_.wait_until(pg::Clock::now() + backoff.next());
    }
}

asio::awaitable<void> Node::guard_users() {
    std::string logged;
    for (;;) {
        std::exception_ptr error;
        try {
            const auto database = co_await open_own("guard");
            for (;;) {
                const auto ended = co_await database->query(std::string(sql::guard));
                if (ended.rows() > 0)
                    spdlog::warn("ended {} pull(s) that kept others waiting for a lock; their batches are taken again",
                                 ended.rows());
                co_await Event{}.wait_until(pg::Clock::now() + guard_interval);
            }
        } catch (...) {
            error = std::current_exception();
        }
        const auto reason = why(error).value_or("");
        if (reason != logged) spdlog::warn("pulls that block users cannot be ended now: {}", reason);
        logged = reason;
        co_await own_back_.wait_until(pg::Clock::now() + guard_interval);
    }
}

asio::awaitable<void> Node::care_for(const Neighbour& neighbour) {
    const auto [node, name, conninfo] = std::tuple(neighbour.node, neighbour.name, neighbour.database.value());
    Pruner pruner;
    for (;;) {
        std::exception_ptr error;
        try {
            pg::Options session;
            session.label = name;
            session.application_name = "trompd care by " + config_.name;
            const auto database = co_await pg::Connection::open(conninfo, std::move(session));
            for (;;) {
                const auto query =
                    render_sql(sql::care_begin, "node", std::to_string(config_.node), "name", config_.name);
                const auto row = co_await database->query(query);
                if (row.boolean(0, "alone")) {
                    co_await mark_stale(*database, config_.limits);
                    co_await pruner.prune(*database);
                    co_await pruner.compact(*database);
                    co_await try_held_again(*database);
                    co_await database->query(std::string(sql::care_end));
                }
                co_await Event{}.wait_until(std::max(pg::Clock::now() + care_interval, pruner.not_before()));
            }
        } catch (...) {
            error = std::current_exception();
        }
        if (const auto reason = why(error)) spdlog::debug("link={} care: {}", name, *reason);
        co_await Event{}.wait_until(pg::Clock::now() + care_interval);
    }
}

asio::awaitable<void> Node::follow_network() {
    std::exception_ptr error;
    try {
        co_await watch_network([this] { network_changed("the network has changed"); });
    } catch (...) {
        error = std::current_exception();
    }
    if (const auto reason = why(error)) {
        spdlog::warn("changes of the network cannot be followed ({}): a neighbour is back when its retry comes",
                     *reason);
    }
}

asio::awaitable<void> Node::tell_service() {
    std::string told;
    for (;;) {
        std::string line = own_error_;
        for (const auto& running : links_) {
            const auto& status = running->link.status();
            line += (line.empty() ? "" : "; ") + running->link.options().source.peer.name + " " +
                    std::string(to_string(status.state));
        }
        if (line != told) service::status(line);
        told = line;
        co_await progress_.wait_until(pg::Clock::now() + 1min);
    }
}

}  // namespace tromp
