#include "common/statement_refused.hpp"

#include <algorithm>
#include <string>

#include "common/error.hpp"

namespace tromp::statement {
namespace {

struct Refused {
    std::string_view node;
    std::string_view kind;
    std::string_view why;
};

constexpr Refused kinds[] = {
    {"InsertStmt", "INSERT", refusal::data},
    {"UpdateStmt", "UPDATE", refusal::data},
    {"DeleteStmt", "DELETE", refusal::data},
    {"MergeStmt", "MERGE", refusal::data},
    {"TruncateStmt", "TRUNCATE", refusal::data},
    {"CopyStmt", "COPY", refusal::data},
    {"SelectStmt", "SELECT", refusal::query},
    {"ExplainStmt", "EXPLAIN", refusal::query},
    {"VariableShowStmt", "SHOW", refusal::query},
    {"VariableSetStmt", "SET", refusal::session},
    {"DiscardStmt", "DISCARD", refusal::session},
    {"LoadStmt", "LOAD", refusal::session},
    {"ListenStmt", "LISTEN", refusal::session},
    {"UnlistenStmt", "UNLISTEN", refusal::session},
    {"NotifyStmt", "NOTIFY", refusal::session},
    {"DeclareCursorStmt", "DECLARE CURSOR", refusal::session},
    {"FetchStmt", "FETCH", refusal::session},
    {"ClosePortalStmt", "CLOSE", refusal::session},
    {"DeallocateStmt", "DEALLOCATE", refusal::session},
    {"ConstraintsSetStmt", "SET CONSTRAINTS", refusal::session},
    {"TransactionStmt", "transaction control", refusal::transaction},
    {"LockStmt", "LOCK TABLE", refusal::transaction},
    {"DoStmt", "DO", refusal::code},
    {"CallStmt", "CALL", refusal::code},
    {"PrepareStmt", "PREPARE", refusal::code},
    {"ExecuteStmt", "EXECUTE", refusal::code},
    {"GrantStmt", "GRANT or REVOKE", refusal::rights},
    {"GrantRoleStmt", "GRANT or REVOKE of a role", refusal::rights},
    {"AlterDefaultPrivilegesStmt", "ALTER DEFAULT PRIVILEGES", refusal::rights},
    {"AlterOwnerStmt", "OWNER TO", refusal::rights},
    {"CreateRoleStmt", "CREATE ROLE", refusal::rights},
    {"AlterRoleStmt", "ALTER ROLE", refusal::rights},
    {"AlterRoleSetStmt", "ALTER ROLE", refusal::rights},
    {"DropRoleStmt", "DROP ROLE", refusal::rights},
    {"DropOwnedStmt", "DROP OWNED", refusal::rights},
    {"ReassignOwnedStmt", "REASSIGN OWNED", refusal::rights},
    {"SecLabelStmt", "SECURITY LABEL", refusal::rights},
    {"CreatedbStmt", "CREATE DATABASE", refusal::own},
    {"DropdbStmt", "DROP DATABASE", refusal::own},
    {"AlterDatabaseStmt", "ALTER DATABASE", refusal::own},
    {"AlterDatabaseSetStmt", "ALTER DATABASE", refusal::own},
    {"AlterDatabaseRefreshCollStmt", "ALTER DATABASE", refusal::own},
    {"AlterSystemStmt", "ALTER SYSTEM", refusal::own},
    {"CreateTableSpaceStmt", "CREATE TABLESPACE", refusal::own},
    {"DropTableSpaceStmt", "DROP TABLESPACE", refusal::own},
    {"AlterTableSpaceOptionsStmt", "ALTER TABLESPACE", refusal::own},
    {"CreatePublicationStmt", "CREATE PUBLICATION", refusal::own},
    {"AlterPublicationStmt", "ALTER PUBLICATION", refusal::own},
    {"CreateSubscriptionStmt", "CREATE SUBSCRIPTION", refusal::own},
    {"AlterSubscriptionStmt", "ALTER SUBSCRIPTION", refusal::own},
    {"DropSubscriptionStmt", "DROP SUBSCRIPTION", refusal::own},
    {"CreateFdwStmt", "CREATE FOREIGN DATA WRAPPER", refusal::own},
    {"AlterFdwStmt", "ALTER FOREIGN DATA WRAPPER", refusal::own},
    {"CreateForeignServerStmt", "CREATE SERVER", refusal::own},
    {"AlterForeignServerStmt", "ALTER SERVER", refusal::own},
    {"CreateUserMappingStmt", "CREATE USER MAPPING", refusal::own},
    {"AlterUserMappingStmt", "ALTER USER MAPPING", refusal::own},
    {"DropUserMappingStmt", "DROP USER MAPPING", refusal::own},
    {"ImportForeignSchemaStmt", "IMPORT FOREIGN SCHEMA", refusal::own},
    {"CreateEventTrigStmt", "CREATE EVENT TRIGGER", refusal::own},
    {"AlterEventTrigStmt", "ALTER EVENT TRIGGER", refusal::own},
    {"CreateForeignTableStmt", "CREATE FOREIGN TABLE", refusal::own},
    {"CreatePLangStmt", "CREATE LANGUAGE", refusal::own},
    {"CreateTransformStmt", "CREATE TRANSFORM", refusal::own},
    {"CreateAmStmt", "CREATE ACCESS METHOD", refusal::own},
    {"AlterCollationStmt", "ALTER COLLATION … REFRESH VERSION", refusal::upkeep},
    {"ReindexStmt", "REINDEX", refusal::upkeep},
    {"VacuumStmt", "VACUUM or ANALYZE", refusal::upkeep},
    {"ClusterStmt", "CLUSTER", refusal::upkeep},
    {"CheckPointStmt", "CHECKPOINT", refusal::upkeep},
    {"RefreshMatViewStmt", "REFRESH MATERIALIZED VIEW", refusal::upkeep},
    {"AlterTableMoveAllStmt", "ALTER … ALL IN TABLESPACE", refusal::upkeep},
};

}  // namespace

void refuse(std::string_view kind, std::string_view why) {
    throw Error(std::string(kind) + " cannot be replicated: " + std::string(why));
}

void refuse_node(std::string_view node) {
    const auto* const found =
        std::find_if(std::begin(kinds), std::end(kinds), [&](const Refused& kind) { return kind.node == node; });
    if (found != std::end(kinds)) refuse(found->kind, found->why);
    refuse("this statement (" + std::string(node) + ")", refusal::unknown);
}

}  // namespace tromp::statement
