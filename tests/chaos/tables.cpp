#include "tests/chaos/tables.hpp"

#include <algorithm>

namespace tromp::test {

const char* const chaos_schema =
    "CREATE TABLE item (nr int PRIMARY KEY, token text NOT NULL, saw text, body text, claim int UNIQUE);"
    "CREATE TABLE pair (a int, b text, token text NOT NULL, saw text, body text, claim int UNIQUE,"
    " of_none int REFERENCES item, PRIMARY KEY (a, b));"  // refers to nothing ever, but a TRUNCATE must heed it
    "CREATE TABLE note (id text PRIMARY KEY, token text NOT NULL, saw text, body text, claim int,"
    " EXCLUDE (claim WITH =));"
    "CREATE TABLE task (day date PRIMARY KEY, token text NOT NULL, saw text, body text, claim int UNIQUE);"
    "CREATE TABLE ledger (tbl text, key text, token text, kind text NOT NULL, saw text[] NOT NULL,"
    " version bigint NOT NULL, PRIMARY KEY (tbl, key, token))";

const char* const chaos_conflict_rules =
    "conflicts:\n"
    "  tables:\n"
    "    public.pair: {delete: last_update_wins}\n"
    "    public.note: {default: node_priority, priority: [2, 1]}\n"
    "    public.task: {default: strongest, strength: 'right(token, 1)::int % 3', delete: last_update_wins}";

const char* const chaos_witness =
    "CREATE SCHEMA chaos;"
    "CREATE TABLE chaos.logged_again (tbl text, key text, origin int, version bigint);"
    "CREATE FUNCTION chaos.witness() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    "  IF EXISTS (SELECT FROM replication.events e WHERE e.tbl = NEW.tbl AND e.nr = NEW.nr AND e.origin = NEW.origin"
    "             AND coalesce(e.number, e.id) = NEW.number AND e.id <> NEW.id) THEN"
    "    INSERT INTO chaos.logged_again SELECT table_name, key::text, origin, version FROM replication.log WHERE id = "
    "NEW.id;"
    "  END IF;"
    "  RETURN NULL;"
    "END $$;"
    "CREATE TRIGGER witness AFTER INSERT ON replication.events FOR EACH ROW WHEN (NEW.number IS NOT NULL)"
    "  EXECUTE FUNCTION chaos.witness();"
    "ALTER TABLE replication.events ENABLE ALWAYS TRIGGER witness";

const std::vector<ChaosTable>& chaos_tables() {
    static const std::vector<ChaosTable> tables = {
        {"item", "nr", "jsonb_build_array(t.nr)::text", "#", true, {1}},
        {"pair", "a, b", "jsonb_build_array(t.a, t.b)::text", "# % 3, 'k' || # / 3", true},
        {"note", "id", "jsonb_build_array(t.id)::text", "'note ''' || #", false},
        {"task", "day", "jsonb_build_array(t.day)::text", "date '2026-01-01' + #", false},
    };
    return tables;
}

std::string row_body(const std::string& token, const std::string& claim) {
    return "'of ' || " + token + " || coalesce(' claims ' || " + claim + ", '')";
}

bool latest_wins(const std::string& table) {
    const auto& tables = chaos_tables();
    return std::any_of(tables.begin(), tables.end(),
                       [&](const ChaosTable& one) { return one.name == table && one.latest_wins; });
}

std::string ChaosTable::key(int number) const {
    std::string text;
    for (const char c : key_value)
        text += c == '#' ? std::to_string(number) : std::string(1, c);
    return text;
}

}  // namespace tromp::test
