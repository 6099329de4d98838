#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/diagnostics.hpp"

/// The configuration of one node. Every field says its meaning, default and range; load_config() checks the ranges.
/// Durations in the file are 1ms to 3650d. Tables as keys are spelt as qualified_name() does
/// (common/table_pattern.hpp).
namespace tromp {

using Milliseconds = std::chrono::milliseconds;

/// Which ways of a link this daemon runs.
enum class Direction {
    pull,  ///< from the neighbour to us; the neighbour's daemon fetches from us
    both,  ///< both: the neighbour has no daemon of its own, or cannot reach us
};

/// How long to wait between attempts to reach a neighbour: doubled after each failure, and spread by chance.
struct Retry {
    Milliseconds first{200};                     ///< after the first failure; at most `max`
    Milliseconds max{std::chrono::seconds{30}};  ///< never longer
};

struct Neighbour {
    int node{};                            ///< required; 1 to max_nodes, not our own, each only once
    std::string name;                      ///< default node-N; as Config::name
    std::optional<std::string> database;   ///< libpq conninfo or URI; absent: never connected to, it comes to us
    Direction direction{Direction::pull};  ///< both needs `database`
    Milliseconds poll_interval{std::chrono::seconds{10}};  ///< looks for changes at least that often, woken up or not
    Retry retry;
};

/// Which of two changes of a row wins.
enum class Resolver {
    last_update_wins,  ///< the later one
    node_priority,     ///< the one made on the node that comes first in `priority`
    strongest,         ///< the one with the higher `strength`
};

/// An update against a delete.
enum class DeleteResolver {
    delete_wins,
    last_update_wins,
};

/// What becomes of a row whose parent was deleted elsewhere.
enum class Orphans {
    report,          ///< held, and shown, until someone decides
    restore_parent,  ///< the parent comes back
};

/// Deviations for one table; the same on every node.
struct TableRule {
    std::optional<Resolver> resolver;               ///< `default`; absent: Conflicts::resolver
    std::optional<DeleteResolver> delete_resolver;  ///< `delete`; absent: Conflicts::delete_resolver
    std::vector<int> priority;  ///< nodes 1 to max_nodes, each once, the first is strongest, unlisted ones are equally
                                ///< weak; not empty if and only if node_priority decides
    std::string strength;       ///< SQL expression over the row, any number, null or an error counts as 0; not empty if
                                ///< and only if strongest decides
    Orphans orphans{Orphans::report};
};

struct Conflicts {
    /// `default`, for tables without a rule of their own. node_priority and strongest take their list or expression
    /// from the tables' rules, so at least one must give it; on tables without one all changes are equally strong.
    Resolver resolver{Resolver::last_update_wins};
    DeleteResolver delete_resolver{DeleteResolver::delete_wins};  ///< `delete`
    std::map<std::string, TableRule> tables;                      ///< by name, without wildcards
};

struct Batch {
    std::uint64_t max_rows{100000};  ///< rows applied in one transaction; 1 to 100000000
};

enum class OnSkew {
    warn,  ///< log it and go on
    stop,  ///< stop the link until the clocks agree
};

struct Limits {
    Milliseconds stale_after{std::chrono::hours{24 * 30}};  ///< a neighbour unheard of for so long holds back no log
    std::uint64_t stale_log{std::uint64_t{10} << 30U};      ///< nor one for which so many bytes wait; 1 B to 1000000 GB
    Milliseconds max_clock_skew{std::chrono::seconds{60}};  ///< clocks may differ by so much
    OnSkew on_clock_skew{OnSkew::warn};                     ///< when they differ by more
};

struct Control {
    std::string socket{"/run/trompd/trompd.sock"};  ///< Unix socket of trompctl; absolute, at most 107 bytes
    std::optional<std::string> listen;  ///< HTTP, "host:port" or "[IPv6]:port", port 1 to 65535; absent: off
};

inline constexpr int most_nodes = 10000;  ///< that a tree can have

/// Schema statements.
struct Ddl {
    bool capture{true};  ///< those run here go to the others
    bool apply{true};    ///< those of the others run here
};

struct Config {
    std::string file;                 ///< where it was read from
    int node{};                       ///< required; 1 to max_nodes, unique in the tree
    std::string name;                 ///< default node-N; 1 to 63 bytes, not a number, unlike any neighbour's
    std::string database;             ///< required; libpq conninfo or URI of this node's own database
    std::vector<std::string> tables;  ///< what init captures, see TablePattern; default none
    int max_nodes{10};                ///< step of the partitioned sequences, equal on all nodes; 1 to most_nodes
    std::vector<Neighbour> neighbours;
    Conflicts conflicts;
    Batch batch;
    std::string log_level{"info"};  ///< trace, debug, info, warn or error
    Limits limits;
    Control control;
    Ddl ddl;
    std::map<std::string, std::vector<std::string>> large_objects;  ///< columns that refer to large objects, by table
};

/// Reads and checks a file. Throws ConfigError with all that is wrong with it.
Config load_config(const std::string& file);

/// The same of a text; file_name is for messages and Config::file.
Config parse_config(const std::string& text, const std::string& file_name);

}  // namespace tromp
