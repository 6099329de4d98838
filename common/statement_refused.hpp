#pragma once

#include <string_view>

namespace tromp::statement {

/// Why statements are not replicated, for a person, each with the way out.
namespace refusal {
constexpr std::string_view data = "it changes data, which is replicated without it: run it directly";
constexpr std::string_view query = "it changes no schema: run it directly";
constexpr std::string_view session =
    "it changes a session only: run it directly, before; the settings that a schema statement depends on are "
    "replicated with it";
constexpr std::string_view transaction = "ddl makes its transaction by itself: leave it out";
constexpr std::string_view code =
    "what it does is not to be seen in its text: give the schema statements that it would run, by themselves";
constexpr std::string_view rights = "owners, roles and rights are each node's own: run it directly, at every node";
constexpr std::string_view own =
    "it is about what each node has for itself, or its server: run it directly, at every node that is to have it";
constexpr std::string_view upkeep =
    "upkeep and storage are each node's own: run it directly, at every node that needs it";
constexpr std::string_view temporary = "a temporary object is one session's own: run it directly";
constexpr std::string_view table_as =
    "a table made of a query has no key: make it with CREATE TABLE and a primary key, then fill it directly with "
    "INSERT … SELECT";
constexpr std::string_view numbers =
    "a sequence's numbers are each node's own, so that no two nodes draw the same: run it directly, at every node; "
    "trompctl "
    "sequences shows their shares";
constexpr std::string_view schema_replication =
    "schema replication is each node's own: trompctl init, tables and uninit are the way to change it";
constexpr std::string_view capture_trigger =
    "triggers trompd_… are what captures changes: trompctl tables add and remove are the way to make and drop them";
constexpr std::string_view all_triggers =
    "it concerns the triggers that capture changes as well: name the triggers that are meant";
constexpr std::string_view firing_everywhere =
    "it would fire where changes are applied too, and what it writes there would not be captured: use ENABLE without "
    "ALWAYS or REPLICA";
constexpr std::string_view unfinished = "it ends what was interrupted at one node: run it directly, there";
constexpr std::string_view unknown =
    "it is none that this program knows how to replicate: run it directly, at every node";
}  // namespace refusal

/// Throws Error: "DO cannot be replicated: …".
[[noreturn]] void refuse(std::string_view kind, std::string_view why);

/// The same for a whole kind of statement, by its node in the parse tree; for those that are nowhere allowed.
[[noreturn]] void refuse_node(std::string_view node);

}  // namespace tromp::statement
