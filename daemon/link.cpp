#include "daemon/link.hpp"

#include "common/first_of.hpp"
#include "common/sql_text.hpp"
#include "daemon/meet.hpp"
#include "daemon/retry.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/this_coro.hpp>
#include <sql/embedded.hpp>

#include <cmath>

namespace tromp {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A statement of a large batch may take its time; that a connection is dead is noticed by keepalive.
constexpr std::chrono::minutes patience_with_statements{10};

// A server that goes on with a batch that nobody waits for would keep the next one out.
constexpr const char* notice_lost_client = "SET client_connection_check_interval = '5s'";

// However often it is woken, a link with held tables compares all tables no more often than that.
constexpr std::chrono::milliseconds look_at_held_every{1000};

// Seconds. The answer to a large pull comes late; a better reading is kept then.
constexpr double vague_clock = 0.5;

}  // namespace

/// What an attempt ended with, and what it means for the next one.
struct Link::Failure {
    LinkState state;
    std::string message;
    bool cancelled = false;
    bool broken = false;  ///< the connection
};

namespace {

template <typename Failure>
Failure classify(std::exception_ptr error) {
    try {
        std::rethrow_exception(std::move(error));
    } catch (const NotYet& e) {
        return {LinkState::connecting, e.what()};
    } catch (const pg::ConnectionError& e) {
        return {LinkState::backing_off, e.what(), false, true};
    } catch (const pg::SqlError& e) {
        return {is_transient(e.sqlstate()) ? LinkState::backing_off : LinkState::failed,
                e.what() + advice(e.sqlstate())};
    } catch (const boost::system::system_error& e) {
        return {LinkState::backing_off, e.what(), e.code() == asio::error::operation_aborted};
    } catch (const std::exception& e) {
        return {LinkState::failed, e.what()};
    }
}

}  // namespace

Link::Link(LinkOptions options, Hooks hooks)
    : options_(std::move(options)),
      hooks_(std::move(hooks)),
      backoff_(options_.retry.first, options_.retry.max),
      chunk_(options_.chunk) {}

void Link::enter(LinkState state, const std::string& reason) {
    if (state != status_.state || reason != status_.reason) {
        spdlog::info("link={} state={}{}{}", options_.source.peer.name, to_string(state),
                     reason.empty() ? "" : " reason=", reason);
    }
    status_.state = state;
    status_.reason = reason;
}

asio::awaitable<void> Link::run() {
    for (;;) {
        std::exception_ptr error;
        try {
            co_await serve();
        } catch (...) {
            error = std::current_exception();
        }
        const auto failure = classify<Failure>(error);
        if (failure.cancelled) {
            const auto cancellation = co_await asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
        }
        fail(failure);
        // What only a person can mend is not tried more often than need be.
        const auto patient = std::min(options_.retry.max, options_.poll_interval);
        const auto delay = failure.state == LinkState::failed ? patient : backoff_.next();
        status_.retry_at = pg::Clock::now() + delay;
        hooks_.progress();
        const bool woken = co_await alarm_.wait_until(*status_.retry_at);
        if (woken) backoff_.reset();
        status_.retry_at.reset();
    }
}

void Link::fail(const Failure& failure) {
    // Perhaps the link does not last long enough for a batch of this size.
    if (under_way_ && failure.broken) chunk_ = std::max<std::uint64_t>(chunk_ / 4, 1);
    under_way_ = false;
    status_.to_receive.reset();
    status_.to_receive_seconds.reset();
    status_.clock_offset.reset();
    status_.drained.reset();
    status_.state = failure.state;
    status_.reason = failure.message;
    if (failure.state != LinkState::connecting) status_.last_error = failure.message;
    // The same fault is worth one line, however often it is met.
    if (failure.message == logged_error_) return;
    logged_error_ = failure.message;
    spdlog::warn("link={} state={} error=\"{}\"", options_.source.peer.name, to_string(failure.state), failure.message);
}

asio::awaitable<std::unique_ptr<pg::Connection>> Link::open_target(const char* what) {
    pg::Options session;
    session.label = "database of " + options_.target.peer.name;
    session.application_name = "trompd " + std::string(what) + " from " + options_.source.peer.name;
    session.silence_limit = patience_with_statements;
    auto target = co_await pg::Connection::open(options_.target.conninfo, session);
    if (target->server_version() >= 140000) co_await target->query(notice_lost_client);
    co_return target;
}

asio::awaitable<std::unique_ptr<pg::Connection>> Link::connect_target() {
    auto target = co_await open_target("apply");
    const auto row =
        co_await target->query(render_sql(sql::apply_session, "source", std::to_string(options_.source.peer.node)));
    if (row.boolean(0, "in_recovery"))
        throw Error("the database of " + options_.target.peer.name + " is a standby, which cannot be written to");
    if (!row.optional_at(0, "node") || row.number(0, "node") != options_.target.peer.node) {
        throw Error("the database of " + options_.target.peer.name + " is set up as node " +
                    row.optional_at(0, "node").value_or("(none)") + ", but this configuration says node " +
                    std::to_string(options_.target.peer.node));
    }
    if (!row.boolean(0, "alone")) {
        throw NotYet("another trompd already brings the changes of " + options_.source.peer.name + " to " +
                     options_.target.peer.name);
    }
    co_return target;
}

asio::awaitable<std::unique_ptr<pg::Connection>> Link::connect_source() {
    pg::Options session;
    session.label = options_.source.peer.name;
    session.application_name = "trompd pull for " + options_.target.peer.name;
    session.reads_only = true;
    auto source = co_await pg::Connection::open(options_.source.conninfo, session);
    // A pull that hangs must not keep users of the source waiting behind it.
    std::string limits = "SET idle_in_transaction_session_timeout = '60s'; SET lock_timeout = '5s';";
    if (source->server_version() >= 140000) limits += std::string(notice_lost_client) + ";";
    const auto row = co_await source->query(std::move(limits) + "SELECT pg_is_in_recovery() AS in_recovery");
    if (row.boolean(0, "in_recovery")) {
        throw Error("the database of " + options_.source.peer.name +
                    " is a standby, which cannot be read from: its snapshots are not complete. "
                    "Give the primary's address, or promote it");
    }
    co_await source->query("LISTEN trompd_wake");
    co_return source;
}

asio::awaitable<void> Link::serve() {
    if (status_.last_error.empty() && status_.state != LinkState::connecting) enter(LinkState::connecting);
    const auto target = co_await connect_target();
    const auto source = co_await connect_source();
    Flow flow{*source, *target, options_.source.peer, options_.target.peer.node, {}, chunk_, {}, {}, {}};
    flow.target_conninfo = options_.target.conninfo;
    flow.apply_ddl = options_.apply_ddl;
    flow.clocks = [this](const ClockReading& offset) { check_clock(offset); };
    flow.blocks.open = [this] { return open_target("blocks"); };
    flow.blocks.kept = [this] {
        backoff_.reset();
        under_way_ = false;  // what came is not lost
    };
    const auto there = co_await read_clock(*source);
    const auto here = co_await read_clock(*target);
    check_clock(there - here);
    flow.begun = [this](const BatchHeader& header) {
        status_.to_receive = header.events_for_us;
        status_.to_receive_seconds = header.oldest_age;
        if (status_.state != LinkState::streaming) enter(LinkState::catching_up);
        under_way_ = true;
    };
    Meeting meeting;
    pg::Clock::time_point met;
    bool woken = false;  // since then
    for (bool read_again = true;;) {
        if (read_again) {
            meeting = co_await meet(flow);
            met = pg::Clock::now();
            woken = false;
        }
        const auto began = pg::Clock::now();
        flow.chunk = chunk_;
        const auto report = co_await replicate_batch(flow);
        note(report, began);
        if (report.acknowledged) hooks_.acknowledged();
        read_again = report.outcome == Outcome::changed;
        // The rows that a statement waited for may have come.
        woken = woken || (meeting.open_statements > 0 && report.outcome == Outcome::applied);
        if (report.outcome == Outcome::empty || report.outcome == Outcome::paused) {
            hooks_.progress();
            const auto next_look = met + (woken ? look_at_held_every : options_.poll_interval);
            const auto longest = std::chrono::ceil<std::chrono::milliseconds>(next_look - pg::Clock::now());
            const bool alarmed = co_await rest(
                *source, meeting.any_held ? std::clamp(longest, 1ms, options_.poll_interval) : options_.poll_interval);
            woken = woken || alarmed;
            read_again = read_again || (meeting.any_held ? pg::Clock::now() >= next_look : woken);
        }
    }
}

void Link::note(const BatchReport& report, pg::Clock::time_point began) {
    backoff_.reset();
    under_way_ = false;
    status_.last_error.clear();
    if (!logged_error_.empty()) {
        spdlog::info("link={} works again", options_.source.peer.name);
        logged_error_.clear();
    }
    if (report.outcome == Outcome::changed) {
        spdlog::info("link={} a table changed while it was read; its batch is read again", options_.source.peer.name);
        return;
    }
    if (report.outcome == Outcome::again) {
        spdlog::info("link={} rows here changed while their large objects were compared; the batch is taken again",
                     options_.source.peer.name);
        return;
    }
    if (report.outcome == Outcome::paused) {
        status_.to_receive.reset();
        status_.to_receive_seconds.reset();
        enter(LinkState::paused);
        return;
    }
    if (report.outcome == Outcome::empty) {
        status_.to_receive = 0;
        status_.to_receive_seconds = 0.0;
        status_.drained = began;
        status_.in_sync_at = std::chrono::system_clock::now();
        enter(LinkState::streaming);
        return;
    }
    chunk_ = std::min(2 * chunk_, options_.chunk);
    spdlog::debug("link={} events={} rows={} conflicts={}", options_.source.peer.name, report.header.events_for_us,
                  report.rows, report.conflicts);
    if (report.conflicts > 0) spdlog::info("link={} conflicts={}", options_.source.peer.name, report.conflicts);
    status_.to_receive = report.waiting;
    status_.to_receive_seconds = report.waiting.value_or(1) == 0 ? 0.0 : report.header.oldest_age;
    if (report.waiting.value_or(0) > 0) enter(LinkState::catching_up);
}

void Link::check_clock(const ClockReading& offset) {
    if (offset.doubt > vague_clock && status_.clock_offset) return;
    status_.clock_offset = offset.ahead;
    const double limit = std::chrono::duration<double>(options_.limits.max_clock_skew).count();
    if (std::abs(offset.ahead) <= limit + offset.doubt) {
        skew_logged_ = false;
        return;
    }
    const auto message = "the clocks of " + options_.source.peer.name + " and " + options_.target.peer.name +
                         " differ by " + std::to_string(std::llround(std::abs(offset.ahead))) +
                         " s, more than max_clock_skew; set them right (NTP)";
    if (options_.limits.on_clock_skew == OnSkew::stop) throw Error(message);
    if (!skew_logged_) spdlog::warn("link={} {}", options_.source.peer.name, message);
    skew_logged_ = true;
}

asio::awaitable<bool> Link::rest(pg::Connection& source, std::chrono::milliseconds longest) {
    bool woken = false;
    const auto alarm = [this, &woken]() -> asio::awaitable<void> {
        co_await alarm_.wait();
        woken = true;
    };
    co_await first_of(source.wait_notification(longest), alarm());
    co_return woken;
}

}  // namespace tromp
