#include "common/connection.hpp"
#include "common/conninfo.hpp"
#include "common/race.hpp"
#include "common/trimmed.hpp"

#include <boost/asio/this_coro.hpp>

/// How a session comes about; connection.cpp has all that follows.
namespace tromp::pg {
namespace {

// Text of values must not depend on a role's or a database's settings: both ends of a link read what the other wrote.
constexpr const char* pin_settings =
    "SET search_path = pg_catalog, pg_temp; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = "
    "'UTC';"
    " SET extra_float_digits = 1; SET bytea_output = 'hex'; SET lc_monetary = 'C'; SET xmloption = 'content';"
    " SET standard_conforming_strings = on; SET row_security = off; SET synchronous_commit = on; SET jit = off;"
    " SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off;"
    " SET client_min_messages = 'warning';"
    // The server, too, is to notice within seconds that the link is dead: it may hold locks and a snapshot for us.
    " SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; SET tcp_user_timeout "
    "= "
    "10000";

// An address that does not answer costs no more, where there is another one (RFC 8305 has the same).
constexpr milliseconds head_start{250};

/// What to add to libpq's words where it is not PostgreSQL that answered.
std::string not_postgres(const std::string& message) {
    const bool strange = message.find("invalid response to SSL negotiation") != std::string::npos ||
                         message.find("expected authentication request from server") != std::string::npos;
    return strange ? "; that is no PostgreSQL: is it a captive portal, or another service's port?" : "";
}

std::string silence_while_connecting(PGconn* connection, milliseconds timeout) {
    const char* const address = PQhostaddr(connection);
    const bool accepted = PQstatus(connection) != CONNECTION_STARTED && PQstatus(connection) != CONNECTION_NEEDED;
    return "no answer within " + std::to_string(timeout.count() / 1000) + " s while connecting" +
           (address != nullptr && *address != '\0' ? " to " + std::string(address) : "") +
           (accepted ? "; something accepts connections there and then says nothing" : "");
}

void ignore_notice(void* /*unused*/, const PGresult* /*unused*/) {}

}  // namespace

asio::awaitable<std::unique_ptr<Connection>> Connection::open(std::string conninfo, Options options) {
    const auto ways = co_await connect_params(conninfo, options, Clock::now() + options.connect_timeout);
    std::vector<std::unique_ptr<Connection>> connections(ways.size());
    std::size_t first = 0;
    if (ways.size() == 1) {
        connections[0] = co_await connect(ways[0], options);
    } else {
        const std::function<asio::awaitable<void>(std::size_t)> attempt =
            [&](std::size_t number) -> asio::awaitable<void> {
            connections[number] = co_await connect(ways[number], options);
        };
        first = co_await race(ways.size(), head_start, attempt);
    }
    auto self = std::move(connections[first]);
    connections.clear();
    co_await self->query(pin_settings);
    co_return self;
}

asio::awaitable<std::unique_ptr<Connection>> Connection::connect(const ConnectParams& params, Options options) {
    const auto executor = co_await asio::this_coro::executor;
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (std::size_t i = 0; i < params.keywords.size(); ++i) {
        keywords.push_back(params.keywords[i].c_str());
        values.push_back(params.values[i].c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    std::unique_ptr<Connection> self(
        new Connection(executor, PQconnectStartParams(keywords.data(), values.data(), 0), std::move(options)));
    if (!self->connection_) throw ConnectionError("out of memory for a connection");
    co_await self->finish_connecting();
    co_return self;
}

asio::awaitable<void> Connection::finish_connecting() {
    PGconn* const connection = connection_.get();
    PQsetNoticeReceiver(connection, &ignore_notice, nullptr);
    const auto deadline = Clock::now() + options_.connect_timeout;
    auto polling = PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (polling != PGRES_POLLING_OK) {
        if (polling == PGRES_POLLING_FAILED) {
            const auto message = trimmed(PQerrorMessage(connection));
            throw ConnectionError(labelled((message.empty() ? "cannot connect" : message) + not_postgres(message)));
        }
        attach_socket();
        const bool reading = polling == PGRES_POLLING_READING;
        const auto ready = co_await wait(reading, !reading, deadline);
        if (ready == Ready::timeout) {
            throw ConnectionError(labelled(silence_while_connecting(connection, options_.connect_timeout)));
        }
        polling = PQconnectPoll(connection);
    }
    attach_socket();
    if (PQsetnonblocking(connection, 1) != 0) throw_lost("cannot make the connection non-blocking");
}

}  // namespace tromp::pg
