#include "tests/system/mixed_load.hpp"

#include <cstdlib>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>

#include "tests/support/catch.hpp"

namespace tromp::test {

const char* const load_schema =
    "CREATE TABLE item (nr bigserial PRIMARY KEY, name text, qty int);"
    "CREATE TABLE pair (a int, b text, v text, PRIMARY KEY (a, b));"
    "CREATE TABLE note (id text PRIMARY KEY, body text, n int DEFAULT 0);"
    "CREATE TABLE counted (nr bigserial NOT NULL UNIQUE, v numeric)";
const std::vector<std::string> load_tables = {"item", "pair", "note", "counted"};

namespace {

class Writer {
  public:
    Writer(const std::string& conninfo, unsigned seed, unsigned largest)
        : database_(conninfo), random_(seed), largest_(largest) {}

    void round() {
        try {
            if (below(3) != 0) {
                database_.exec(statement(few()));
            } else {
                transaction();
            }
        } catch (const SqlError& error) {
            if (error.sqlstate != "23505" && error.sqlstate != "40P01") throw;
            database_.exec("ROLLBACK");
        }
    }

  private:
    unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }
    unsigned few() { return 1 + below(5); }
    unsigned many() { return largest_ / 3 + below(largest_ * 2 / 3); }

    void transaction() {
        database_.exec("BEGIN");
        const auto statements = 1 + below(3);
        for (unsigned i = 0; i < statements; ++i) {
            database_.exec(statement(below(2) == 0 ? many() : few()));
            if (below(4) != 0) continue;
            database_.exec("SAVEPOINT here");
            database_.exec(statement(few()));
            database_.exec("ROLLBACK TO SAVEPOINT here");
        }
        database_.exec(below(8) == 0 ? "ROLLBACK" : "COMMIT");
    }

    std::string statement(unsigned rows) {
        const std::string count = std::to_string(rows);
        const std::string start = std::to_string(below(30000));
        const std::string word = std::to_string(random_());
        const std::string series = " FROM generate_series(1, " + count + ") i";
        const auto chosen = [&](const std::string& table, const std::string& key) {
            return " WHERE (" + key + ") IN (SELECT " + key + " FROM " + table + " OFFSET " +
                   std::to_string(below(2000)) + " LIMIT " + count + ")";
        };
        const std::string item = chosen("item", "nr");
        const std::string pair = chosen("pair", "a, b");
        const std::string note = chosen("note", "id");
        const std::string counted = chosen("counted", "nr");
        switch (below(16)) {
            case 0:
            case 1:
                return "INSERT INTO item (name, qty) SELECT '" + word + "' || i, i" + series;
            case 2:
                return "UPDATE item SET qty = qty + 1" + item;
            case 3:
                return "DELETE FROM item" + item;
            case 4:
                return "UPDATE item SET nr = nextval('item_nr_seq'), name = name || '*'" + item;
            case 5:
            case 6:  // keys that other nodes use as well
                return "INSERT INTO pair SELECT (" + start + " + i) % 20000, 'k' || i % 7, '" + word + "'" + series +
                       " ON CONFLICT DO NOTHING";
            case 7:
                return "UPDATE pair SET v = '" + word + "'" + pair;
            case 8:
                return "DELETE FROM pair" + pair;
            case 9:
                return "UPDATE pair SET b = 'moved ' || a % 9" + pair;
            case 10:
                return "INSERT INTO note SELECT 'note ' || (" + start + " + i) % 20000, '" + word + "'" + series +
                       " ON CONFLICT (id) DO UPDATE SET body = excluded.body";
            case 11:
                return "UPDATE note SET n = n + 1" + note;
            case 12:
                return "DELETE FROM note" + note;
            case 13:
                return "UPDATE note SET id = id || '''\"\\'" + note;
            case 14:
                return "INSERT INTO counted (v) SELECT i / 3.0" + series;
            default:
                return below(2) == 0 ? "UPDATE counted SET v = v + 1" + counted : "DELETE FROM counted" + counted;
        }
    }

    Database database_;
    std::mt19937 random_;
    unsigned largest_;
};

unsigned base_seed() {
    const char* const given = std::getenv("TROMP_TEST_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
}

}  // namespace

void write_mixed_load(Tree& tree, const Load& load) {
    const auto seed = base_seed();
    std::cout << "TROMP_TEST_SEED=" << seed << std::endl;
    std::mutex mutex;
    std::string failures;
    std::vector<std::thread> threads;
    for (unsigned index = 0; index < load.writers; ++index) {
        threads.emplace_back([&, index, conninfo = tree[index % tree.size()].conninfo()] {
            try {
                Writer writer(conninfo, seed + index, load.largest);
                for (unsigned round = 0; round < load.rounds; ++round)
                    writer.round();
            } catch (const std::exception& error) {
                const std::lock_guard lock(mutex);
                failures += "writer " + std::to_string(index) + ": " + error.what() + "\n";
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    INFO("TROMP_TEST_SEED=" << seed << "\n" << failures);
    REQUIRE(failures.empty());
}

}  // namespace tromp::test
