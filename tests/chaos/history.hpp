#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tromp::test {

/// Which row is meant: a table and a key, spelt as replication.conflicts does.
struct RowName {
    std::string table;
    std::string key;
    auto operator<=>(const RowName&) const = default;
};

/// A write of one row. With its row, the token is unique.
struct Write {
    enum class Kind { row, removal };
    RowName row;
    std::string token;
    Kind kind{};
    /// What it found in its place and therefore follows: the token of the row; for a row that was absent, all removals
    /// that its node knew of.
    std::set<std::string> saw{};
    long long version = 0;     ///< as in replication.log
    bool by_truncate = false;  ///< the removal is one of all rows of the table
    bool operator==(const Write&) const = default;
};

/// A transaction as its writer saw it.
struct Attempt {
    enum class Outcome {
        committed,    ///< the server said so
        rolled_back,  ///< it did not come to a commit
        unknown,      ///< the commit was not answered
        forgettable,  ///< committed with synchronous_commit = off: it may be gone after a crash
    };
    int node = 0;
    Outcome outcome{};
    std::vector<Write> writes{};
};

/// A line of replication.conflicts.
struct Conflict {
    RowName row;
    std::optional<std::string> loser;  ///< the token of the row that lost; none when a removal lost
    int winner_origin = 0;
    long long winner_version = 0;
    int loser_origin = 0;
    long long loser_version = 0;
};

/// A change by its tag.
struct Tag {
    RowName row;
    int origin = 0;
    long long version = 0;
    auto operator<=>(const Tag&) const = default;
};

/// A row that a node's database refuses.
struct HeldRow {
    RowName row;
    std::string token;
    /// Its claim, and the row of the node that has it; none where nothing is in its way.
    std::optional<int> claim{};
    std::optional<RowName> in_way{};
    long long id = 0;  ///< as in replication.held
    std::string error{};
};

/// `trompctl held discard`: the row with this token, which was there under the key of a held one, is what counts,
/// though a committed write had replaced it or won against it.
struct Discard {
    RowName row;
    std::optional<std::string> kept{};  ///< none: there was no row
};

/// What a node holds when all is quiet. Its held rows count in the place of those that its tables have under their
/// keys, as they do for everybody who reads from it.
struct NodeState {
    int node = 0;
    std::map<RowName, std::string> rows{};    ///< whole rows as text, the ledger's included
    std::map<RowName, std::string> tokens{};  ///< of the written tables
    std::vector<Write> ledger{};
    std::vector<Conflict> conflicts{};
    std::vector<HeldRow> held{};
    /// Changes that the daemon's recheck put into the log a second time, so that they may be weighed twice: they may
    /// lose again, win after they lost, or lose against what has replaced them.
    std::set<Tag> logged_again{};
    long long garbled = 0;  ///< rows whose columns are not of one write
    long long events = 0;   ///< in its log, but for those of held rows
    long long neighbours = 0;
};

/// All that is known after a run.
struct History {
    std::vector<Attempt> attempts{};
    std::vector<NodeState> nodes{};
    std::vector<Discard> discards{};
    /// No clock was shifted, so that of a node's writes the later one has the higher version.
    bool true_clocks = true;
};

}  // namespace tromp::test
