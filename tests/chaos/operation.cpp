#include "tests/chaos/operation.hpp"

#include <sstream>

#include "tests/chaos/tables.hpp"

namespace tromp::test {
namespace {

std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text)
        result += c == '\'' ? "''" : std::string(1, c);
    return result + "'";
}

/// "(1), (2)" or "(1, 'k'), (2, 'k')", with `more` behind each key.
std::string key_list(const ChaosTable& table, const std::vector<int>& keys, const std::string& more = "") {
    std::string result;
    for (const int key : keys)
        result += (result.empty() ? "(" : ", (") + table.key(key) + more + ")";
    return result;
}

std::set<std::string> texts(const std::string& lines) {
    std::set<std::string> result;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);)
        result.insert(line);
    return result;
}

std::string claimed(std::optional<int> claim) {
    return (claim ? std::to_string(*claim) : "null") + "::int";
}

std::string claims(int claim) {
    return " WHERE t.claim = " + std::to_string(claim);
}

/// The statements of one operation on one table.
class Statements {
  public:
    Statements(Database& database, const ChaosTable& table, const std::string& token)
        : database_(database), table_(table), token_(token) {}

    std::vector<Write> insert(const std::vector<int>& keys, const std::string& claim) {
        written(insertion(keys, claim) + " ON CONFLICT DO NOTHING", Write::Kind::row, "null");
        return to_ledger();
    }

    std::vector<Write> upsert(const std::vector<int>& keys, const std::string& claim) {
        written(insertion(keys, claim) + " ON CONFLICT (" + table_.key_columns +
                    ") DO UPDATE SET token = excluded.token, body = excluded.body, claim = excluded.claim, saw = "
                    "t.token",
                Write::Kind::row, "t.saw");
        return to_ledger();
    }

    std::vector<Write> update(const std::string& where, const std::string& claim) {
        change(where, claim);
        return to_ledger();
    }

    std::vector<Write> remove(const std::string& where) {
        written("DELETE FROM " + table_.name + " t" + where, Write::Kind::removal, "t.token");
        return to_ledger();
    }

    std::vector<Write> rename(int from, int to) {
        const auto old = database_.rows("SELECT " + table_.key_json + ", t.token FROM " + table_.name + " t" +
                                        where({from}) + " FOR UPDATE");
        if (old.empty()) return {};
        writes_.push_back({{table_.name, *old.front()[0]}, token_, Write::Kind::removal, {*old.front()[1]}});
        written("UPDATE " + table_.name + " t SET (" + table_.key_columns + ") = ROW(" + table_.key(to) +
                    "), saw = null, token = " + quoted(token_) + ", body = " + body("t.claim") + where({from}),
                Write::Kind::row, "null");
        return to_ledger();
    }

    // As a user has to do it: the values have to be free before others can have them.
    std::vector<Write> trade(const std::vector<int>& keys) {
        const auto rows = database_.rows("SELECT " + table_.key_json + ", t.claim FROM " + table_.name + " t" +
                                         where(keys) + " FOR UPDATE");
        const auto is = [&](const Row& row) { return " WHERE " + table_.key_json + " = " + quoted(row[0].value()); };
        for (const auto& row : rows)
            database_.exec("UPDATE " + table_.name + " t SET claim = null" + is(row));
        for (std::size_t index = 0; index < rows.size(); ++index)
            change(is(rows[index]), rows[(index + 1) % rows.size()][1].value_or("null") + "::int");
        return to_ledger();
    }

    /// To be called when nobody else can write to the table any more: all rows are about to go.
    void see_all() {
        for (const auto& row : database_.rows("SELECT " + table_.key_json + ", t.token FROM " + table_.name + " t")) {
            writes_.push_back({{table_.name, row[0].value()}, token_, Write::Kind::removal, {row[1].value()}, 0, true});
        }
    }
    std::vector<Write> all_gone() { return to_ledger("e.action = 'T'"); }

    std::string where(const std::vector<int>& keys) const {
        return " WHERE (" + table_.key_columns + ") IN (" + key_list(table_, keys) + ")";
    }

  private:
    std::string body(const std::string& claim) const { return row_body(quoted(token_), claim); }

    std::string insertion(const std::vector<int>& keys, const std::string& claim) const {
        return "INSERT INTO " + table_.name + " AS t (" + table_.key_columns + ", token, claim, body) VALUES " +
               key_list(table_, keys, ", " + quoted(token_) + ", " + claim + ", " + body(claim));
    }

    void change(const std::string& where, const std::string& claim) {
        written("UPDATE " + table_.name + " t SET saw = t.token, token = " + quoted(token_) + ", claim = " + claim +
                    ", body = " + body(claim) + where,
                Write::Kind::row, "t.saw");
    }

    void written(const std::string& statement, Write::Kind kind, const std::string& saw) {
        for (const auto& row : database_.rows(statement + " RETURNING " + table_.key_json + ", " + saw)) {
            auto& write = writes_.emplace_back(Write{{table_.name, row[0].value()}, token_, kind});
            if (row[1]) write.saw.insert(*row[1]);
        }
    }

    // A statement of its own, after the write: its snapshot has every removal that the write waited for or followed.
    // `event` is the one that logs the line `v`.
    std::vector<Write> to_ledger(
        const std::string& event = "e.key = v.key::jsonb AND (e.action = 'D') = (v.kind = 'removal')") {
        if (writes_.empty()) return {};
        std::string values;
        for (const auto& write : writes_) {
            const bool is_removal = write.kind == Write::Kind::removal;
            values += (values.empty() ? "(" : ", (") + quoted(write.row.key) + ", " +
                      quoted(is_removal ? "removal" : "row") + ", " +
                      (write.saw.empty() ? "null" : quoted(*write.saw.begin())) + ")";
        }
        const auto lines = database_.rows(
            "INSERT INTO ledger (tbl, key, token, kind, saw, version) SELECT " + quoted(table_.name) + ", v.key, " +
            quoted(token_) +
            ", v.kind, CASE WHEN v.saw IS NOT NULL THEN ARRAY[v.saw] ELSE ARRAY(SELECT l.token FROM ledger l WHERE "
            "l.tbl = " +
            quoted(table_.name) +
            " AND l.key = v.key AND l.kind = 'removal') END,"
            " (SELECT e.version FROM replication.log e WHERE e.xid = pg_current_xact_id() AND e.table_name = " +
            quoted(table_.name) + " AND " + event +
            " ORDER BY e.id DESC LIMIT 1)"
            " FROM (VALUES " +
            values + ") v (key, kind, saw) RETURNING key, array_to_string(saw, E'\\n'), version");
        if (lines.size() != writes_.size()) throw std::logic_error("not every write came into the ledger");
        for (std::size_t index = 0; index < lines.size(); ++index) {
            if (lines[index][0] != writes_[index].row.key)
                throw std::logic_error("the ledger's lines are out of order");
            writes_[index].saw = texts(lines[index][1].value());
            writes_[index].version = std::stoll(lines[index][2].value());
        }
        return std::move(writes_);
    }

    Database& database_;
    const ChaosTable& table_;
    const std::string& token_;
    std::vector<Write> writes_;
};

std::vector<Write> truncate(Database& database, const Operation& operation, const std::string& token) {
    std::set<std::size_t> emptied(operation.more_tables.begin(), operation.more_tables.end());
    emptied.insert(operation.table);
    std::string named;
    for (const auto table : emptied)
        named += (named.empty() ? "" : ", ") + chaos_tables().at(table).name;
    if (operation.cascade) {
        const auto& children = chaos_tables().at(operation.table).referred_to_by;
        emptied.insert(children.begin(), children.end());
    }
    std::vector<Statements> statements;
    for (const auto table : emptied) {
        statements.emplace_back(database, chaos_tables().at(table), token);
        database.exec("LOCK TABLE " + chaos_tables().at(table).name);
    }
    for (auto& of_table : statements)
        of_table.see_all();
    database.exec("TRUNCATE " + named + (operation.cascade ? " CASCADE" : ""));
    std::vector<Write> writes;
    for (auto& of_table : statements) {
        const auto gone = of_table.all_gone();
        writes.insert(writes.end(), gone.begin(), gone.end());
    }
    return writes;
}

}  // namespace

std::vector<Write> perform(Database& database, const Operation& operation, const std::string& token) {
    Statements statements(database, chaos_tables().at(operation.table), token);
    const auto claim = claimed(operation.claim);
    switch (operation.verb) {
        case Verb::insert:
            return statements.insert(operation.keys, claim);
        case Verb::upsert:
            return statements.upsert(operation.keys, claim);
        case Verb::update:
            return statements.update(statements.where(operation.keys), operation.claim ? claim : "t.claim");
        case Verb::remove:
            return statements.remove(statements.where(operation.keys));
        case Verb::rename:
            return statements.rename(operation.keys.at(0), operation.keys.at(1));
        case Verb::trade:
            return statements.trade(operation.keys);
        case Verb::truncate:
            return truncate(database, operation, token);
    }
    return {};
}

std::vector<Write> change_claim(Database& database, const ChaosTable& table, int from, std::optional<int> to,
                                const std::string& token) {
    return Statements(database, table, token).update(claims(from), claimed(to));
}

std::vector<Write> remove_claimant(Database& database, const ChaosTable& table, int claim, const std::string& token) {
    return Statements(database, table, token).remove(claims(claim));
}

}  // namespace tromp::test
