#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tromp::test {

/// What PostgreSQL said no to. `sqlstate` is empty when the connection itself failed.
struct SqlError : std::runtime_error {
    SqlError(std::string state, const std::string& message)
        : std::runtime_error(state + ": " + message), sqlstate(std::move(state)) {}
    std::string sqlstate;
};

/// A row; nullopt is SQL's null.
using Row = std::vector<std::optional<std::string>>;

/// A synchronous session. Everything that goes wrong throws SqlError. One thread at a time.
class Database {
  public:
    explicit Database(const std::string& conninfo);

    /// One or several statements, in one transaction unless they say otherwise; the number of rows that the last one
    /// touched.
    long long exec(const std::string& sql);
    std::vector<Row> rows(const std::string& sql);
    /// The first column of the only row; throws std::logic_error when there is another number of rows, or null.
    std::string value(const std::string& sql);
    long long number(const std::string& sql);

    /// Sends a statement and returns; finish() waits for its result. In between only is_busy() may be called.
    void async_exec(const std::string& sql);
    bool is_busy();
    long long finish();

    int backend_pid() const;
    /// False once the server or the network has gone, as far as this side can have learned of it.
    bool is_connected() const;
    /// A new connection with the same parameters.
    void reconnect();

  private:
    struct Finish {
        void operator()(PGconn* connection) const { PQfinish(connection); }
    };
    std::string conninfo_;
    std::unique_ptr<PGconn, Finish> connection_;
};

/// True while `session` waits for a lock that another session holds; `observer` is the one who looks.
bool is_blocked(Database& observer, const Database& session);

/// Every row of the table as text, one a line, in an order that depends on the text alone: equal exactly when the
/// tables' rows are. `columns` narrows the comparison, as in "(id, name)".
std::string table_image(Database& database, std::string_view table, std::string_view columns = "t.*");

}  // namespace tromp::test
