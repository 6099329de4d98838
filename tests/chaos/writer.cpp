#include "tests/chaos/writer.hpp"

#include <algorithm>
#include <array>
#include <thread>

#include "tests/chaos/operation.hpp"

namespace tromp::test {
namespace {

constexpr std::chrono::milliseconds before_next_connect{50};

}  // namespace

bool is_expected(const SqlError& error) {
    static constexpr std::array<std::string_view, 10> states = {
        "",       // the connection broke
        "23505",  // the key is taken, or the claim
        "23P01",  // the claim is taken
        "40P01",  // a deadlock
        "55P03",  // a lock not had in time
        "57014",  // cancelled
        "53100",  // the disk is full
        "53300",  // too many connections
        "58030",  // input or output error, as a full disk may be told
        "42704",  // a prepared transaction that has been ended
    };
    const auto& state = error.sqlstate;
    return state.substr(0, 3) == "57P" || state.substr(0, 2) == "08" ||
           std::find(states.begin(), states.end(), state) != states.end();
}

Writer::Writer(const WriterPlan& plan, const std::string& name, int node, std::string conninfo, bool prepares)
    : plan_(plan), name_(name), node_(node), conninfo_(std::move(conninfo)), prepares_(prepares) {}

void Writer::run(const std::atomic<bool>& time_is_up) noexcept try {
    for (const auto& transaction : plan_.transactions) {
        while (!time_is_up && !connect())
            std::this_thread::sleep_for(before_next_connect);
        if (time_is_up) return;
        carry_out(transaction);
        std::this_thread::sleep_for(transaction.pause);
    }
} catch (const std::exception& error) {
    error_ = name_ + ": " + error.what();
}

bool Writer::connect() try {
    if (database_ && database_->is_connected()) return true;
    database_.emplace(conninfo_ + " connect_timeout=5 application_name='chaos writer'");
    // A prepared transaction that a crash left behind keeps its locks until the end of the run.
    database_->exec("SET lock_timeout = '2s'");
    if (plan_.careless) database_->exec("SET synchronous_commit = off");
    return true;
} catch (const SqlError& error) {
    database_.reset();
    if (!is_expected(error)) throw;
    return false;
}

void Writer::carry_out(const Transaction& transaction) {
    Attempt attempt{node_, Attempt::Outcome::rolled_back, {}};
    try {
        database_->exec("BEGIN");
        for (const auto& operation : transaction.operations)
            operate(operation, attempt.writes);
        end(transaction, attempt);
    } catch (const SqlError& error) {
        if (!is_expected(error)) throw;
        try {
            database_->exec("ROLLBACK");
        } catch (const SqlError&) {  // the connection has gone, and the transaction with it
            database_.reset();
        }
    }
    attempts_.push_back(std::move(attempt));
}

void Writer::operate(const Operation& operation, std::vector<Write>& writes) {
    const auto token = name_ + "." + std::to_string(++tokens_);
    ++operations_;
    if (operation.undone) database_->exec("SAVEPOINT here");
    const auto written = perform(*database_, operation, token);
    if (operation.verb == Verb::truncate) ++truncates_;
    std::this_thread::sleep_for(operation.linger);
    if (operation.undone) {
        database_->exec("ROLLBACK TO SAVEPOINT here");
        attempts_.push_back(Attempt{node_, Attempt::Outcome::rolled_back, written});
        return;
    }
    writes.insert(writes.end(), written.begin(), written.end());
}

void Writer::end(const Transaction& transaction, Attempt& attempt) {
    const bool commits = transaction.ending == Ending::commit || transaction.ending == Ending::commit_prepared;
    const bool prepared =
        transaction.ending == Ending::commit_prepared || transaction.ending == Ending::roll_back_prepared;
    if (!commits && !(prepared && prepares_)) {
        database_->exec("ROLLBACK");
        return;
    }
    // From here on an error does not tell what became of it. Of a prepared transaction that is left behind the name
    // says how it is to be ended.
    if (commits) attempt.outcome = Attempt::Outcome::unknown;
    if (prepared && prepares_) {
        const auto gid =
            std::string(commits ? "'commit " : "'roll back ") + name_ + "." + std::to_string(tokens_) + "'";
        database_->exec("PREPARE TRANSACTION " + gid);
        database_->exec((commits ? "COMMIT PREPARED " : "ROLLBACK PREPARED ") + gid);
    } else {
        database_->exec("COMMIT");
    }
    if (commits) attempt.outcome = plan_.careless ? Attempt::Outcome::forgettable : Attempt::Outcome::committed;
}

}  // namespace tromp::test
