#pragma once

#include <string>
#include <vector>

namespace tromp::test {

/// A table that the writers write to. Its rows carry, beside the key, the token of the write that made them as they
/// are, the token that this write found in its place, and a claim: a number that no two rows may have, or none.
struct ChaosTable {
    std::string name;
    std::string key_columns;  ///< as in "a, b"
    std::string key_json;     ///< SQL for the key of row t, as replication.conflicts and replication.log spell it
    std::string key_value;    ///< SQL for the values of a key, with # for its number
    bool latest_wins;         ///< of two changes the later one is the stronger
    std::vector<std::size_t> referred_to_by{};  ///< tables that must be emptied with it, by their place in the list
    /// The values of key `number` as in "3, 'k'".
    std::string key(int number) const;
};

/// Keys of each table are numbered from 0. At any time the writers use so many of them, few enough that nodes meet.
inline constexpr int chaos_keys = 12;

const std::vector<ChaosTable>& chaos_tables();

/// SQL for the body of a row, which goes with its token and claim.
std::string row_body(const std::string& token, const std::string& claim);

/// By the name of the table.
bool latest_wins(const std::string& table);

/// What every node runs before init, and what its configuration says about conflicts. Beside the tables it makes
/// `ledger`, replicated as well, to which each transaction adds what it writes: so a transaction whose commit had no
/// answer is told by its ledger rows, and a row that is made anew knows the deletes that it follows.
extern const char* const chaos_schema;
extern const char* const chaos_conflict_rules;

/// After init: notes in chaos.logged_again which changes a daemon puts into the log a second time, tag kept, as its
/// recheck does.
extern const char* const chaos_witness;

}  // namespace tromp::test
