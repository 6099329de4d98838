#include "tests/support/database.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <chrono>

#include "tests/support/wait_until.hpp"

namespace tromp::test {
namespace {

struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

Result checked(Result result, PGconn* connection) {
    switch (PQresultStatus(result.get())) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
            return result;
        default:
            break;
    }
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    const std::string message = PQresultErrorMessage(result.get());
    throw SqlError(state ? state : "", message.empty() ? PQerrorMessage(connection) : message);
}

/// A server may hang for good: with libfaketime, its sessions do now and then.
constexpr std::chrono::minutes longest_statement{4};

/// The result of the last of the statements that were sent.
Result take_result(PGconn* connection) {
    const auto end = std::chrono::steady_clock::now() + longest_statement * patience;
    Result last;
    // To the end, whatever comes: a result left behind would be taken for the next statement's.
    for (;;) {
        while (PQisBusy(connection)) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            pollfd readable{PQsocket(connection), POLLIN, 0};
            if (left.count() <= 0 || poll(&readable, 1, static_cast<int>(left.count())) == 0) {
                shutdown(PQsocket(connection), SHUT_RDWR);  // nobody takes it for a good session any more
                throw SqlError("", "the server does not answer");
            }
            if (!PQconsumeInput(connection)) break;  // the result will tell
        }
        Result result{PQgetResult(connection)};
        if (!result) break;
        last = std::move(result);
    }
    if (!last) throw std::logic_error("a result is asked for without a statement");
    return checked(std::move(last), connection);
}

long long touched_rows(const Result& result) {
    const std::string count = PQcmdTuples(result.get());
    return count.empty() ? 0 : std::stoll(count);
}

}  // namespace

Database::Database(const std::string& conninfo) : conninfo_(conninfo) {
    reconnect();
}

void Database::reconnect() {
    connection_.reset(PQconnectdb((conninfo_ + " connect_timeout=60").c_str()));
    if (!is_connected()) throw SqlError("", PQerrorMessage(connection_.get()));
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
}

bool Database::is_connected() const {
    pollfd readable{PQsocket(connection_.get()), POLLIN, 0};
    // A server that went has left its last words or the end of the stream; libpq looks only when told to.
    while (PQstatus(connection_.get()) == CONNECTION_OK && poll(&readable, 1, 0) == 1) {
        if (!PQconsumeInput(connection_.get())) return false;
    }
    return PQstatus(connection_.get()) == CONNECTION_OK;
}

int Database::backend_pid() const {
    return PQbackendPID(connection_.get());
}

long long Database::exec(const std::string& sql) {
    async_exec(sql);
    return touched_rows(take_result(connection_.get()));
}

std::vector<Row> Database::rows(const std::string& sql) {
    async_exec(sql);
    const auto result = take_result(connection_.get());
    std::vector<Row> rows;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
        auto& fields = rows.emplace_back();
        for (int column = 0; column < PQnfields(result.get()); ++column) {
            if (PQgetisnull(result.get(), row, column)) {
                fields.emplace_back();
            } else {
                fields.emplace_back(PQgetvalue(result.get(), row, column));
            }
        }
    }
    return rows;
}

std::string Database::value(const std::string& sql) {
    const auto found = rows(sql);
    if (found.size() != 1 || found.front().empty() || !found.front().front()) {
        throw std::logic_error("not one value, " + std::to_string(found.size()) + " rows: " + sql);
    }
    return *found.front().front();
}

long long Database::number(const std::string& sql) {
    return std::stoll(value(sql));
}

void Database::async_exec(const std::string& sql) {
    if (!PQsendQuery(connection_.get(), sql.c_str())) throw SqlError("", PQerrorMessage(connection_.get()));
}

bool Database::is_busy() {
    if (!PQconsumeInput(connection_.get())) throw SqlError("", PQerrorMessage(connection_.get()));
    return PQisBusy(connection_.get());
}

long long Database::finish() {
    return touched_rows(take_result(connection_.get()));
}

bool is_blocked(Database& observer, const Database& session) {
    return observer.number("select cardinality(pg_blocking_pids(" + std::to_string(session.backend_pid()) + "))") > 0;
}

std::string table_image(Database& database, std::string_view table, std::string_view columns) {
    const std::string text = "(" + std::string(columns) + ")::text collate \"C\"";
    return database.value("select coalesce(string_agg(" + text + ", E'\\n' order by " + text + "), '') from " +
                          std::string(table) + " t");
}

}  // namespace tromp::test
