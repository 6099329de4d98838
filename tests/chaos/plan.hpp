#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tromp::test {

/// What a writer does in one statement.
enum class Verb {
    insert,  ///< the keys that are absent
    upsert,
    update,
    remove,
    rename,  ///< the first key becomes the second
    trade,   ///< the rows hand on their claims, each to the next
    truncate,
};

struct Operation {
    Verb verb{};
    std::size_t table = 0;
    std::vector<int> keys{};
    std::vector<std::size_t> more_tables{};  ///< that a TRUNCATE names, too
    bool cascade = false;                    ///< or reaches by CASCADE
    std::optional<int> claim{};           ///< what the only row claims; one that is updated without it keeps its claim
    bool undone = false;                  ///< by ROLLBACK TO SAVEPOINT
    std::chrono::milliseconds linger{0};  ///< the transaction stays open so long afterwards
};

enum class Ending { commit, roll_back, commit_prepared, roll_back_prepared };

struct Transaction {
    std::vector<Operation> operations{};
    Ending ending = Ending::commit;
    std::chrono::milliseconds pause{0};  ///< afterwards
};

struct WriterPlan {
    std::size_t node = 0;
    bool careless = false;  ///< synchronous_commit = off: what it committed last may be gone after a crash
    std::vector<Transaction> transactions{};
};

struct FaultPlan {
    std::string name;
    std::uint64_t target = 0;  ///< which link, node or cluster: modulo their number
    std::chrono::milliseconds at{0};
    std::chrono::milliseconds lasts{0};
    std::uint64_t amount = 0;  ///< how much of it, as the fault understands it
};

struct ClusterPlan {
    bool prepares = false;    ///< prepared transactions are allowed, so NOTIFY is not used
    bool small_disk = false;  ///< the tables are on a disk that can be filled
    bool own_clock = false;   ///< can be shifted
};

struct LinkPlan {
    std::size_t one = 0;  ///< the node that was there before
    std::size_t other = 0;
    bool both = false;  ///< `other` runs both directions
};

struct NodePlan {
    std::size_t cluster = 0;
    int max_rows = 100000;  ///< of a batch
};

/// All that a run decides by itself; made from the seed alone.
struct Plan {
    std::uint64_t seed = 0;
    std::chrono::milliseconds lasts{0};
    std::vector<ClusterPlan> clusters{};
    std::vector<NodePlan> nodes{};
    std::vector<LinkPlan> links{};
    std::vector<WriterPlan> writers{};
    std::vector<FaultPlan> faults{};         ///< in the order of their beginning
    std::chrono::milliseconds calm{20'000};  ///< within which nothing is held without a reason and the logs are drained
};

struct PlanLimits {
    std::chrono::milliseconds lasts{6000};
    std::size_t most_nodes = 7;
    std::vector<std::string> faults{};  ///< names to choose from
};

Plan make_plan(std::uint64_t seed, const PlanLimits& limits);

/// How many links the longest way through the tree has.
std::size_t diameter(const Plan& plan);

/// For people: the tree, and the faults by time.
std::string describe(const Plan& plan);

}  // namespace tromp::test
