#include "common/connection.hpp"

#include "common/local_address.hpp"
#include "common/missing_grant.hpp"
#include "common/trimmed.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace tromp::pg {
namespace {

using namespace asio::experimental::awaitable_operators;  // NOLINT(google-build-using-namespace): ||
using Descriptor = asio::posix::stream_descriptor;

// After a change of the network.
constexpr milliseconds patience_with_suspects{3000};
constexpr TcpLimits limits_of_suspects{1, 1, 3, 3000};
constexpr milliseconds suspicion{10000};  // longer than the kernel needs by these limits

std::string describe(const PGresult* result) {
    std::string message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) != nullptr
                              ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)
                              : trimmed(PQresultErrorMessage(result));
    if (const char* detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL)) message += std::string("; ") + detail;
    if (const char* hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT)) message += std::string("; ") + hint;
    return message;
}

}  // namespace

Connection::Connection(asio::any_io_executor executor, PGconn* connection, Options options)
    : executor_(std::move(executor)),
      connection_(connection, &PQfinish),
      socket_(executor_),
      timer_(executor_),
      options_(std::move(options)) {}

Connection::~Connection() {
    // The descriptor is libpq's: give it back before PQfinish closes it.
    if (socket_.is_open()) socket_.release();
}

void Connection::attach_socket() {
    // libpq opens another socket for each address that it tries, and may get the same number for it.
    if (socket_.is_open()) socket_.release();
    socket_.assign(PQsocket(connection_.get()));
}

asio::awaitable<Connection::Ready> Connection::wait(bool read, bool write, Clock::time_point deadline) {
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    for (;;) {
        trust_again();
        if (lost_its_address_)
            throw ConnectionError(labelled("this machine's address, from which the connection was made, is gone"));
        const auto limit =
            suspected_ && copy_flows_ ? std::min(deadline, Clock::now() + patience_with_suspects) : deadline;
        timer_.expires_at(usual_limits_ ? std::min(limit, suspected_until_) : limit);
        std::size_t first = 2;
        if (read && write) {
            first = (co_await (socket_.async_wait(Descriptor::wait_read, token) ||
                               socket_.async_wait(Descriptor::wait_write, token) || timer_.async_wait(token)))
                        .index();
        } else {
            const auto kind = read ? Descriptor::wait_read : Descriptor::wait_write;
            first = (co_await (socket_.async_wait(kind, token) || timer_.async_wait(token))).index();
            if (first == 1) {
                first = 2;
            } else if (!read) {
                first = 1;
            }
        }
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
        if (first == 2 && Clock::now() < limit) continue;  // suspect() has changed the limit
        constexpr Ready answers[] = {Ready::read, Ready::write, Ready::timeout};
        if (answers[first] == Ready::read) suspected_ = false;
        co_return answers[first];
    }
}

asio::awaitable<void> Connection::wait_or_throw(bool read, bool write) {
    const auto limit = copy_flows_ ? std::min(options_.silence_limit, options_.stall_limit) : options_.silence_limit;
    const auto deadline = Clock::now() + limit;
    const auto ready = co_await wait(read, write, deadline);
    if (ready != Ready::timeout) co_return;
    throw ConnectionError(labelled(Clock::now() < deadline ? "no answer from the server since the network changed"
                                                           : "no answer from the server for " +
                                                                 std::to_string(limit.count() / 1000) + " s"));
}

void Connection::suspect() {
    suspected_ = true;
    lost_its_address_ = has_lost_its_address(PQsocket(connection_.get()));
    suspected_until_ = Clock::now() + suspicion;
    if (!usual_limits_) usual_limits_ = tcp_limits(PQsocket(connection_.get()));
    if (usual_limits_) set_tcp_limits(PQsocket(connection_.get()), limits_of_suspects);
    timer_.cancel();
}

void Connection::trust_again() {
    if (!usual_limits_ || Clock::now() < suspected_until_) return;
    set_tcp_limits(PQsocket(connection_.get()), *usual_limits_);
    usual_limits_.reset();
}

std::string Connection::labelled(const std::string& message) const {
    return options_.label.empty() ? message : options_.label + ": " + message;
}

void Connection::throw_lost(const std::string& what) {
    const auto message = trimmed(PQerrorMessage(connection_.get()));
    throw ConnectionError(labelled(message.empty() ? what : message));
}

void Connection::throw_if_error(const Result& result) {
    const auto status = result.status();
    if (status != PGRES_FATAL_ERROR && status != PGRES_BAD_RESPONSE && status != PGRES_NONFATAL_ERROR) return;
    const char* sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    if (sqlstate == nullptr) throw ConnectionError(labelled(describe(result.get())));
    auto message = describe(result.get());
    if (std::string_view(sqlstate) == "42501" && advises_grants_) {
        message += "; " + missing_grant(PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY),
                                        PQuser(connection_.get()), options_.reads_only);
    }
    throw SqlError(sqlstate, labelled(message));
}

asio::awaitable<void> Connection::flush() {
    for (;;) {
        const int left = PQflush(connection_.get());
        if (left == 0) co_return;
        if (left < 0) throw_lost("the connection broke while sending");
        co_await wait_or_throw(true, true);
        if (PQconsumeInput(connection_.get()) == 0) throw_lost("the connection broke while sending");
    }
}

asio::awaitable<void> Connection::send(std::string sql) {
    if (PQsendQuery(connection_.get(), sql.c_str()) == 0) throw_lost("cannot send a query");
    co_await flush();
}

asio::awaitable<std::optional<Result>> Connection::next() {
    while (PQisBusy(connection_.get()) != 0) {
        co_await wait_or_throw(true, false);
        if (PQconsumeInput(connection_.get()) == 0) throw_lost("the connection broke");
    }
    PGresult* const raw = PQgetResult(connection_.get());
    if (raw == nullptr) co_return std::nullopt;
    Result result(raw);
    // After an error the rest of the query's results must be taken before the session can be used again.
    if (result.status() == PGRES_FATAL_ERROR && PQstatus(connection_.get()) == CONNECTION_OK) {
        co_await finish();
    }
    throw_if_error(result);
    co_return result;
}

asio::awaitable<long long> Connection::finish() {
    // Here and elsewhere no co_await stands in a condition: g++ 12 destroys such temporaries wrongly.
    long long affected = 0;
    for (;;) {
        const auto result = co_await next();
        if (!result) co_return affected;
        affected += result->affected();
    }
}

asio::awaitable<Result> Connection::query(std::string sql) {
    co_await send(std::move(sql));
    co_return co_await answer();
}

asio::awaitable<Result> Connection::answer() {
    std::optional<Result> last;
    for (;;) {
        auto result = co_await next();
        if (!result) break;
        if (!last || result->status() == PGRES_TUPLES_OK || last->status() != PGRES_TUPLES_OK)
            last.emplace(std::move(*result));
    }
    if (!last) throw_lost("a query without a result");
    co_return std::move(*last);
}

asio::awaitable<std::optional<std::string_view>> Connection::copy_row() {
    for (;;) {
        char* buffer = nullptr;
        const int length = PQgetCopyData(connection_.get(), &buffer, 1);
        copy_buffer_.reset(buffer);
        if (length > 0) {
            copy_flows_ = true;
            co_return std::string_view(buffer, static_cast<std::size_t>(length));
        }
        if (length == -1) {
            copy_flows_ = false;
            co_return std::nullopt;
        }
        if (length == -2) throw_lost("the connection broke in the middle of COPY");
        co_await wait_or_throw(true, false);
        if (PQconsumeInput(connection_.get()) == 0) throw_lost("the connection broke in the middle of COPY");
    }
}

asio::awaitable<void> Connection::put_copy(std::string_view data) {
    // Small pieces collect in libpq's buffer; beyond 64 kB we wait for the server, so that it stays this small.
    constexpr std::size_t piece = 65536;
    for (std::size_t at = 0; at < data.size(); at += piece) {
        const auto part = data.substr(at, piece);
        if (PQputCopyData(connection_.get(), part.data(), static_cast<int>(part.size())) != 1) {
            throw_lost("the connection broke in the middle of COPY");
        }
        co_await flush();
    }
}

asio::awaitable<void> Connection::end_copy() {
    if (PQputCopyEnd(connection_.get(), nullptr) != 1) throw_lost("the connection broke at the end of COPY");
    co_await flush();
}

bool Connection::take_notifications() {
    bool any = false;
    while (PGnotify* const notification = PQnotifies(connection_.get())) {
        PQfreemem(notification);
        any = true;
    }
    return any;
}

asio::awaitable<bool> Connection::wait_notification(milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    for (;;) {
        if (take_notifications()) co_return true;
        const auto ready = co_await wait(true, false, deadline);
        if (ready == Ready::timeout) co_return false;
        if (PQconsumeInput(connection_.get()) == 0) throw_lost("the connection broke");
    }
}

}  // namespace tromp::pg
