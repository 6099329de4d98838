#include "common/first_of.hpp"
#include "common/sql_text.hpp"
#include "daemon/link.hpp"
#include "daemon/link_state.hpp"
#include "daemon/pull.hpp"

#include <sql/embedded.hpp>

/// The two ends of a link: how it gets there, and whether they still live.
namespace tromp {
namespace {

namespace asio = boost::asio;

// A statement of a large batch may take its time; that a connection is dead is noticed by keepalive.
constexpr std::chrono::minutes patience_with_statements{10};

// A server that goes on with a batch that nobody waits for would keep the next one out.
constexpr const char* notice_lost_client = "SET client_connection_check_interval = '5s'";

// Of what came from us, and need not come back; the daemon that runs the direction takes it off the log's unread end.
constexpr std::uint64_t enough_to_look_at = 10000;

// What an end that lives needs to say so, when nothing else is under way.
constexpr std::chrono::seconds patience_with_proof{2};

}  // namespace

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
    if (session_at_target_) {
        // The server may take it for alive and keep the direction for it, where the link died without a word.
        const auto query =
            render_sql(sql::apply_end_former, "pid", session_at_target_->pid, "began", session_at_target_->began,
                       "wait", target->server_version() >= 140000 ? ", 1000" : "");
        co_await target->query(query);
        session_at_target_.reset();
    }
    const auto row =
        co_await target->query(render_sql(sql::apply_session, "source", std::to_string(options_.source.peer.node)));
    if (row.boolean(0, "in_recovery"))
        throw Error("the database of " + options_.target.peer.name + " is a standby, which cannot be written to");
    if (!row.optional_at(0, "node") || row.number(0, "node") != options_.target.peer.node) {
        throw Error("the database of " + options_.target.peer.name + " is set up as node " +
                    row.optional_at(0, "node").value_or("(none)") + ", but this configuration says node " +
                    std::to_string(options_.target.peer.node));
    }
    session_at_target_ = Session{std::string(row.at(0, "pid")), std::string(row.at(0, "began"))};
    if (!row.boolean(0, "alone")) {
        co_await look_on(*target);
        throw NotYet("another trompd already brings the changes of " + options_.source.peer.name + " to " +
                     options_.target.peer.name);
    }
    co_return target;
}

asio::awaitable<void> Link::look_on(pg::Connection& target) {
    const auto began = pg::Clock::now();
    const auto state = co_await read_link_state(target, options_.source.peer.node);
    if (!state.position || state.paused) co_return;
    const auto source = co_await connect_source();
    PullRequest request;
    request.reader = options_.target.peer.node;
    request.position = *state.position;
    request.scope.held = state.held;
    request.scope.until = *state.position;
    request.chunk = enough_to_look_at;
    Pull pull(*source, std::move(request));
    const auto header = co_await pull.begin(options_.source.peer);
    co_await pull.end_empty();
    const bool all_seen = header.events < static_cast<std::int64_t>(enough_to_look_at) &&
                          !is_comparing(state.comparing) && !is_comparing(header.comparing);
    if (all_seen && header.events_for_us == 0 && !header.paused) drained_by_another_ = began;
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

asio::awaitable<void> Link::connect() {
    const auto both = [this]() -> asio::awaitable<void> {
        if (!target_) target_ = co_await connect_target();
        source_ = co_await connect_source();
    };
    other_network_ = Event();
    to_be_proved_ = false;
    co_await first_of(both(), other_network_.wait());
    // What was sent before may be answered late or never. Only once: a network that never comes to rest is no reason
    // not to get there.
    if (!source_) co_await both();
}

asio::awaitable<void> Link::prove() {
    try_at_once_ = true;
    for (auto* const connection : {target_.get(), source_.get()}) {
        const auto usual = connection->silence_limit();
        connection->set_silence_limit(patience_with_proof);
        co_await connection->query("SELECT");
        connection->set_silence_limit(usual);
    }
    try_at_once_ = false;
    to_be_proved_ = false;
}

void Link::network_changed() {
    to_be_proved_ = true;
    for (auto* const connection : {target_.get(), source_.get()}) {
        if (connection != nullptr) connection->suspect();
    }
    other_network_.notify();
    wake();
}

}  // namespace tromp
