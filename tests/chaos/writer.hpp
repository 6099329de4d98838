#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "tests/chaos/history.hpp"
#include "tests/chaos/plan.hpp"
#include "tests/support/database.hpp"

namespace tromp::test {

/// Carries out a WriterPlan over a session of its own, and remembers what it wrote and what became of it. Used by one
/// thread.
class Writer {
  public:
    /// `name` is unique among all writers; `node` is the number of its node.
    Writer(const WriterPlan& plan, const std::string& name, int node, std::string conninfo, bool prepares);

    /// Until the plan or the time is at its end. Errors that the faults and the other writers make are part of the
    /// game; any other one ends it and is told by error().
    void run(const std::atomic<bool>& time_is_up) noexcept;

    const std::vector<Attempt>& attempts() const { return attempts_; }
    const std::string& error() const { return error_; }
    std::size_t operations() const { return operations_; }
    std::size_t truncates() const { return truncates_; }

  private:
    void carry_out(const Transaction& transaction);
    void operate(const Operation& operation, std::vector<Write>& writes);
    bool connect();
    void end(const Transaction& transaction, Attempt& attempt);

    const WriterPlan& plan_;
    const std::string name_;
    const int node_;
    const std::string conninfo_;
    const bool prepares_;
    std::optional<Database> database_;
    std::vector<Attempt> attempts_;
    std::string error_;
    std::size_t tokens_ = 0;
    std::size_t operations_ = 0;
    std::size_t truncates_ = 0;
};

/// Errors that writers, faults and daemons give each other.
bool is_expected(const SqlError& error);

}  // namespace tromp::test
