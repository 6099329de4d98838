#include "ctl/second_look.hpp"

#include "tests/support/catch.hpp"

using namespace tromp::ctl;

namespace {

RowSeen row(const std::string& hash, const std::string& version) {
    return {hash, version, false, false};
}

const RowSeen none{};

RowSeen moving(RowSeen row) {
    row.moving = true;
    return row;
}

RowSeen held(RowSeen row) {
    row.held = true;
    return row;
}

}  // namespace

TEST_CASE("rows that are equal are equal, whatever is under way") {
    CHECK(judge({}, {row("1", "10"), row("1", "20")}) == Finding::equal);
    CHECK(judge({}, {none, none}) == Finding::equal);
    CHECK(judge({}, {moving(row("1", "10")), row("1", "20")}) == Finding::equal);
}

TEST_CASE("a change that the other end has not read is on the way, at either end, at either look") {
    CHECK(judge({}, {moving(row("1", "10")), row("2", "20")}) == Finding::on_the_way);
    CHECK(judge({}, {none, moving(row("2", "20"))}) == Finding::on_the_way);
    const BothSeen before{row("1", "10"), row("2", "20")};
    CHECK(judge(before, {row("1", "10"), moving(row("2", "20"))}) == Finding::on_the_way);
}

TEST_CASE("one look does not make a difference") {
    CHECK_FALSE(judge({}, {row("1", "10"), row("2", "20")}));
    CHECK_FALSE(judge({}, {none, row("2", "20")}));
}

TEST_CASE("two looks at the same rows do") {
    const auto twice = [](const BothSeen& seen) { return judge(seen, seen); };
    CHECK(twice({row("1", "10"), row("2", "20")}) == Finding::different);
    CHECK(twice({none, row("2", "20")}) == Finding::missing_here);
    CHECK(twice({row("1", "10"), none}) == Finding::missing_there);
    CHECK(twice({held(none), row("2", "20")}) == Finding::held);
    CHECK(twice({row("1", "10"), held(row("2", "20"))}) == Finding::held);
}

TEST_CASE("a row that was written between two looks is looked at again, though it has its old values again") {
    const BothSeen before{row("1", "10"), row("2", "20")};
    CHECK_FALSE(judge(before, {row("1", "11"), row("2", "20")}));
    CHECK_FALSE(judge(before, {row("1", "10"), row("2", "21")}));
    CHECK_FALSE(judge(before, {row("1", "10"), none}));
    CHECK_FALSE(judge(BothSeen{none, row("2", "20")}, {row("1", "10"), row("2", "20")}));
}
