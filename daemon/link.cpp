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
        source_.reset();
        target_.reset();
        const auto failure = classify<Failure>(error);
        if (failure.cancelled) {
            const auto cancellation = co_await asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
        }
        fail(failure);
        // What only a person can mend is not tried more often than need be.
        const auto patient = std::min(options_.retry.max, options_.poll_interval);
        const auto usual = failure.state == LinkState::failed ? patient : backoff_.next();
        const auto delay = std::exchange(try_at_once_, false) ? 0ms : usual;
        status_.retry_at = pg::Clock::now() + delay;
        hooks_.progress();
        const bool woken = co_await alarm_.wait_until(*status_.retry_at);
        if (woken) backoff_.reset();
        status_.retry_at.reset();
    }
}

void Link::fail(const Failure& failure) {
    if (under_way_ && failure.broken) chunk_.broken(pg::Clock::now() - *under_way_);
    under_way_.reset();
    status_.to_receive.reset();
    status_.to_receive_seconds.reset();
    status_.clock_offset.reset();
    status_.comparing.reset();
    status_.drained = std::exchange(drained_by_another_, std::nullopt);
    status_.state = failure.state;
    status_.reason = failure.message;
    if (failure.state != LinkState::connecting) status_.last_error = failure.message;
    // The same fault is worth one line, however often it is met.
    if (failure.message == logged_error_) return;
    logged_error_ = failure.message;
    spdlog::warn("link={} state={} error=\"{}\"", options_.source.peer.name, to_string(failure.state), failure.message);
}

asio::awaitable<void> Link::serve() {
    if (status_.last_error.empty() && status_.state != LinkState::connecting) enter(LinkState::connecting);
    co_await connect();
    chunk_.connected();
    Flow flow{*source_, *target_, options_.source.peer, options_.target.peer.node, {}, chunk_.events(), {}, {}, {}};
    flow.target_conninfo = options_.target.conninfo;
    flow.apply_ddl = options_.apply_ddl;
    flow.clocks = [this](const ClockReading& offset) { check_clock(offset); };
    flow.blocks.open = [this] { return open_target("blocks"); };
    flow.blocks.kept = [this] {
        backoff_.reset();
        under_way_.reset();  // what came is not lost
    };
    const auto there = co_await read_clock(*source_);
    const auto here = co_await read_clock(*target_);
    check_clock(there - here);
    flow.begun = [this](const BatchHeader& header) {
        status_.to_receive = header.events_for_us;
        status_.to_receive_seconds = header.oldest_age;
        const bool apart = status_.state == LinkState::streaming || status_.state == LinkState::resynchronising;
        if (!apart) enter(LinkState::catching_up);
        under_way_ = pg::Clock::now();
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
        if (!meeting.waits.empty()) {
            enter(LinkState::resynchronising, meeting.waits);
            hooks_.progress();
            co_await rest(*source_, look_at_held_every);
            continue;
        }
        const auto began = pg::Clock::now();
        flow.chunk = chunk_.events();
        const auto report = co_await replicate_batch(flow);
        note(report, began);
        if (report.acknowledged) hooks_.acknowledged();
        read_again = report.outcome == Outcome::changed || report.outcome == Outcome::anew;
        // The rows that a statement waited for may have come.
        woken = woken || (meeting.open_statements > 0 && report.outcome == Outcome::applied);
        if (report.outcome == Outcome::empty || report.outcome == Outcome::paused) {
            hooks_.progress();
            const auto next_look = met + (woken ? look_at_held_every : options_.poll_interval);
            const auto longest = std::chrono::ceil<std::chrono::milliseconds>(next_look - pg::Clock::now());
            const bool alarmed = co_await rest(
                *source_, meeting.any_held ? std::clamp(longest, 1ms, options_.poll_interval) : options_.poll_interval);
            woken = woken || alarmed;
            if (to_be_proved_) co_await prove();
            read_again = read_again || (meeting.any_held ? pg::Clock::now() >= next_look : woken);
        }
    }
}

void Link::note(const BatchReport& report, pg::Clock::time_point began) {
    backoff_.reset();
    under_way_.reset();
    status_.last_error.clear();
    if (!logged_error_.empty()) {
        spdlog::info("link={} works again", options_.source.peer.name);
        logged_error_.clear();
    }
    if (report.outcome == Outcome::anew) return;
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
    const bool comparing = report.comparing.tables > 0;
    status_.comparing = comparing ? std::optional(report.comparing) : std::nullopt;
    if (comparing) enter(LinkState::resynchronising);
    if (report.outcome == Outcome::empty && comparing) {
        status_.to_receive = 0;
        status_.to_receive_seconds = 0.0;
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
    // Where somebody writes all the time no pull finds nothing.
    if (report.all_read && !comparing) status_.drained = began;
    if (report.header.events >= static_cast<std::int64_t>(chunk_.events())) {
        const auto events = std::max(report.header.events, report.rows);  // of a large transaction not all were counted
        chunk_.committed(static_cast<std::uint64_t>(events), pg::Clock::now() - began);
    }
    spdlog::debug("link={} events={} rows={} conflicts={}", options_.source.peer.name, report.header.events_for_us,
                  report.rows, report.conflicts);
    if (report.conflicts > 0) spdlog::info("link={} conflicts={}", options_.source.peer.name, report.conflicts);
    status_.to_receive = report.waiting;
    status_.to_receive_seconds = report.waiting.value_or(1) == 0 ? 0.0 : report.header.oldest_age;
    if (report.waiting.value_or(0) > 0 && !comparing) enter(LinkState::catching_up);
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
