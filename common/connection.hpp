#pragma once

#include "common/error.hpp"
#include "common/tcp_limits.hpp"

#include <libpq-fe.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tromp::pg {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// The server refused a statement; the connection is still good (but for FATAL errors, which the next use will show).
class SqlError : public Error {
  public:
    SqlError(std::string sqlstate, const std::string& message) : Error(message), sqlstate_(std::move(sqlstate)) {}
    const std::string& sqlstate() const noexcept { return sqlstate_; }

  private:
    std::string sqlstate_;
};

/// No connection, or it died, or it said nothing for too long. Whatever was under way there may or may not have
/// happened.
class ConnectionError : public Error {
  public:
    explicit ConnectionError(const std::string& message) : Error(message, Exit::unreachable) {}
};

/// A result set. Views into it live as long as it does.
class Result {
  public:
    explicit Result(PGresult* result) : result_(result, &PQclear) {}

    int rows() const { return PQntuples(result_.get()); }
    int columns() const { return PQnfields(result_.get()); }
    bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
    /// Empty for null.
    std::string_view at(int row, int column) const;
    /// By column name; throws std::logic_error if there is no such column.
    std::string_view at(int row, std::string_view column) const;
    std::optional<std::string> optional_at(int row, std::string_view column) const;
    /// Throws Error where the value is not a whole number.
    long long number(int row, std::string_view column) const;
    bool boolean(int row, std::string_view column) const { return at(row, column) == "t"; }
    /// Rows that an INSERT, UPDATE, DELETE or COPY changed.
    long long affected() const;
    ExecStatusType status() const { return PQresultStatus(result_.get()); }
    const PGresult* get() const { return result_.get(); }

  private:
    int column_index(std::string_view column) const;
    std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

struct Options {
    std::string label;  ///< whose database it is, put before every error message
    std::string application_name = "trompd";
    bool reads_only = false;  ///< it needs no more of a table than SELECT; for messages about rights
    milliseconds connect_timeout{10000};
    /// How long the server may say nothing at all while we wait for it.
    milliseconds silence_limit{30000};
    /// The same in the middle of a COPY, where the server has only to send what it has.
    milliseconds stall_limit{10000};
};

struct ConnectParams;

/// An asynchronous session, for one coroutine at a time. Every session pins the settings on which the text of values
/// depends. Never blocks: host names are looked up on a thread of their own. Cancelling a coroutine in the middle of a
/// call leaves the session unusable: destroy it, the server then rolls back.
class Connection {
  public:
    /// Throws ConnectionError with libpq's words (never with a password). `conninfo` is a keyword string or a URI.
    /// Where it names several addresses they are tried beside each other, each a little after the one before.
    static asio::awaitable<std::unique_ptr<Connection>> open(std::string conninfo, Options options);

    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Runs one or more statements as a simple query. Returns the last result set, or, where there is none, the last
    /// command's result. Throws SqlError, ConnectionError.
    asio::awaitable<Result> query(std::string sql);

    /// The same in single steps: send, then next() until it returns nothing. A COPY is a result too: after one with
    /// PGRES_COPY_OUT read copy_row() to its end, after PGRES_COPY_IN put_copy() and end_copy().
    asio::awaitable<void> send(std::string sql);
    asio::awaitable<std::optional<Result>> next();
    /// All results that are left as query() has them.
    asio::awaitable<Result> answer();
    /// Takes all results that are left and returns how many rows their commands changed.
    asio::awaitable<long long> finish();
    /// A line of COPY … TO STDOUT with its newline, valid until the next call; nothing at its end.
    asio::awaitable<std::optional<std::string_view>> copy_row();
    /// Part of COPY … FROM STDIN; waits while the server is slower than we, so memory stays bounded.
    asio::awaitable<void> put_copy(std::string_view data);
    /// Ends COPY … FROM STDIN; the result comes with next().
    asio::awaitable<void> end_copy();

    /// Waits for a NOTIFY; false when `timeout` passed without one. Swallows all that have come by then.
    asio::awaitable<bool> wait_notification(milliseconds timeout);
    /// Has a NOTIFY come with what was read so far? Swallows them.
    bool take_notifications();

    /// The network has changed: a connection that died with it is to be found out within some seconds from now, rather
    /// than at the usual limits; at once where the address is gone from which it was made. Also while a coroutine waits
    /// for this one.
    void suspect();

    int server_version() const { return PQserverVersion(connection_.get()); }
    /// The database's, by PostgreSQL's name: "UTF8". What is sent and comes is UTF-8 whatever it is.
    std::string_view encoding() const { return PQparameterStatus(connection_.get(), "server_encoding"); }
    int backend_pid() const { return PQbackendPID(connection_.get()); }
    void set_silence_limit(milliseconds limit) { options_.silence_limit = limit; }
    milliseconds silence_limit() const { return options_.silence_limit; }
    void set_stall_limit(milliseconds limit) { options_.stall_limit = limit; }
    /// Whether an error for a lack of rights says what to grant to the session's user: on, but for SQL of others, which
    /// acts as somebody else.
    void advise_grants(bool on) { advises_grants_ = on; }

  private:
    enum class Ready { read, write, timeout };
    Connection(asio::any_io_executor executor, PGconn* connection, Options options);
    static asio::awaitable<std::unique_ptr<Connection>> connect(const ConnectParams& params, Options options);
    asio::awaitable<Ready> wait(bool read, bool write, Clock::time_point deadline);
    asio::awaitable<void> wait_or_throw(bool read, bool write);
    asio::awaitable<void> flush();
    asio::awaitable<void> finish_connecting();
    void attach_socket();
    void trust_again();
    std::string labelled(const std::string& message) const;
    [[noreturn]] void throw_lost(const std::string& what);
    void throw_if_error(const Result& result);

    struct CopyFree {
        void operator()(char* buffer) const { PQfreemem(buffer); }
    };

    asio::any_io_executor executor_;
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
    asio::posix::stream_descriptor socket_;
    asio::steady_timer timer_;  ///< of whoever waits
    Options options_;
    bool advises_grants_ = true;
    std::unique_ptr<char, CopyFree> copy_buffer_;
    bool copy_flows_ = false;                ///< rows of a COPY are coming
    bool suspected_ = false;                 ///< since suspect(), until something comes
    bool lost_its_address_ = false;          ///< as suspect() saw
    Clock::time_point suspected_until_;      ///< that long the kernel's limits are short
    std::optional<TcpLimits> usual_limits_;  ///< what they were before
};

}  // namespace tromp::pg
