#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;

/// Money that moves between two tables and several rows: half of a transaction would be a wrong sum.
namespace {

const char* const schema =
    "CREATE TABLE account (nr bigint PRIMARY KEY, amount bigint NOT NULL);"
    "CREATE TABLE saving (nr bigint PRIMARY KEY, amount bigint NOT NULL);"
    "CREATE TABLE entry (nr bigint PRIMARY KEY, amount bigint NOT NULL)";

constexpr long long money = 2000;

/// What somebody sees in one statement: the sum of both tables, how far the entries are, and whether these fit.
const char* const view =
    "SELECT (SELECT sum(amount) FROM account) + (SELECT sum(amount) FROM saving) || ' ' ||"
    " ((SELECT 1000 - sum(amount) FROM account) = coalesce((SELECT sum(amount) FROM entry), 0)) || ' ' ||"
    " (SELECT count(*) FROM entry)";

/// `count` transactions of three statements and two tables.
void move_money(Database& user, int& nr, int count) {
    for (int i = 0; i < count; ++i) {
        ++nr;
        const auto from = std::to_string(1 + nr % 10);
        const auto to = std::to_string(1 + nr % 7);
        user.exec("BEGIN; UPDATE account SET amount = amount - 1 WHERE nr = " + from +
                  "; UPDATE saving SET amount = amount + 1 WHERE nr = " + to + "; INSERT INTO entry VALUES (" +
                  std::to_string(nr) + ", 1); COMMIT");
    }
}

/// Looks without a pause; every state that it saw.
class Onlooker {
  public:
    explicit Onlooker(const std::string& conninfo) : database_(conninfo), thread_([this] { look(); }) {}
    ~Onlooker() { end_ = true; }

    std::set<std::string> seen() {
        end_ = true;
        thread_.join();
        return seen_;
    }

  private:
    void look() {
        while (!end_)
            seen_.insert(database_.value(view));
    }

    Database database_;
    std::set<std::string> seen_;
    std::atomic<bool> end_ = false;
    std::jthread thread_;
};

}  // namespace

TEST_CASE("nobody sees half of a source's transaction, one link away or two, while daemons are killed") {
    TreeOptions options;
    options.schema = schema;
    auto tree = Tree::chain(3, options);
    tree[0].sql().exec(
        "INSERT INTO account SELECT i, 100 FROM generate_series(1, 10) i;"
        "INSERT INTO saving SELECT i, 100 FROM generate_series(1, 10) i");
    tree.sync_all();
    Onlooker near(tree[1].conninfo());
    Onlooker far(tree[2].conninfo());
    int nr = 0;
    for (int round = 0; round < 12; ++round) {
        auto& victim = tree[1 + static_cast<std::size_t>(round) % 2];
        victim.kill();
        move_money(tree[0].sql(), nr, 20);  // one batch of many
        victim.start();
        move_money(tree[0].sql(), nr, 20);  // and many batches
        wait_value(tree[2], "SELECT count(*) FROM entry", std::to_string(nr));
    }
    tree.sync_all();
    tree.check_equal({"account", "saving", "entry"});
    for (auto* const onlooker : {&near, &far}) {
        const auto seen = onlooker->seen();
        CHECK(seen.size() > 12);  // he saw it coming
        const auto wrong = std::count_if(seen.begin(), seen.end(), [](const std::string& state) {
            return state.rfind(std::to_string(money) + " true ", 0) != 0;
        });
        INFO(*seen.begin() << " … " << *seen.rbegin());
        CHECK(wrong == 0);
    }
}
