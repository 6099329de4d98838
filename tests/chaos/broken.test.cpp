// The harness must catch a product that is broken. It is broken here from the outside, by triggers in its own database.
#include "tests/chaos/run.hpp"
#include "tests/support/catch.hpp"

using namespace tromp::test;
using Kind = Violation::Kind;

namespace {

Plan quiet_plan() {
    PlanLimits limits;
    limits.lasts = std::chrono::seconds(4);
    limits.most_nodes = 2;
    auto plan = make_plan(7, limits);
    for (auto& cluster : plan.clusters)
        cluster = {};
    for (auto& node : plan.nodes)
        node.max_rows = 100000;
    for (auto& link : plan.links)
        link.both = false;
    return plan;
}

/// One writer at the first node makes three rows of `item`, one after the other.
Plan three_rows() {
    auto plan = quiet_plan();
    plan.lasts = std::chrono::seconds(1);
    plan.writers = {{.node = 0}};
    for (const int key : {0, 1, 2}) {
        plan.writers.front().transactions.push_back({.operations = {{.verb = Verb::insert, .table = 0, .keys = {key}}},
                                                     .pause = std::chrono::milliseconds(50)});
    }
    return plan;
}

/// One row at each node, made while they know nothing of each other, and both claim the same.
Plan one_claim_for_two() {
    auto plan = quiet_plan();
    plan.lasts = std::chrono::seconds(2);
    plan.writers.clear();
    for (const int node : {0, 1}) {
        const auto index = static_cast<std::size_t>(node);
        plan.writers.push_back({.node = index});
        plan.writers.back().transactions = {
            {.operations = {{.verb = Verb::insert, .table = 0, .keys = {node}, .claim = 5}},
             .pause = std::chrono::milliseconds(0)}};
        plan.faults.push_back({.name = "link cut", .target = index, .lasts = std::chrono::seconds(1)});
    }
    return plan;
}

/// The first node empties a table; then the second, which does not know of it, changes one of its rows, and hears of
/// the TRUNCATE while the first does not know of the change: what the first has again, the second would keep anyway.
Plan truncate_beside_update() {
    using std::chrono::milliseconds;
    auto plan = quiet_plan();
    plan.lasts = milliseconds(5500);
    plan.writers = {{.node = 0}, {.node = 1}};
    plan.writers[0].transactions = {
        {.operations = {{.verb = Verb::insert, .table = 2, .keys = {0, 1, 2}}}, .pause = milliseconds(1000)},
        {.operations = {{.verb = Verb::truncate, .table = 2}}, .pause = milliseconds(0)}};
    plan.writers[1].transactions = {
        {.operations = {{.verb = Verb::insert, .table = 3, .keys = {0}}}, .pause = milliseconds(2000)},
        {.operations = {{.verb = Verb::update, .table = 2, .keys = {0}}}, .pause = milliseconds(0)}};
    plan.faults = {
        {.name = "link cut", .target = 0, .at = milliseconds(600), .lasts = milliseconds(2600)},
        {.name = "link cut", .target = 1, .at = milliseconds(600), .lasts = milliseconds(4400)},
    };
    return plan;
}

/// A TRUNCATE at the first node is not logged.
void skip_truncates(World& world) {
    world.nodes().front()->sql().exec(
        "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        "  DELETE FROM replication.events WHERE id = NEW.id;"
        "  RETURN NULL;"
        "END $$;"
        "CREATE CONSTRAINT TRIGGER skip AFTER INSERT ON replication.events DEFERRABLE INITIALLY DEFERRED"
        "  FOR EACH ROW WHEN (NEW.action = 'T') EXECUTE FUNCTION skip();");
}

/// One that comes to the second node deletes what was written there meanwhile, too.
void spare_nothing(World& world) {
    auto& node = *world.nodes().at(1);
    node.sql().exec(
        "CREATE FUNCTION spare_nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.ours := NULL; RETURN NEW; "
        "END';"
        "CREATE FUNCTION prepare_sweep() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
        "  IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'pg_temp.decision') THEN"
        "    CREATE TRIGGER spare_nothing BEFORE UPDATE ON pg_temp.decision FOR EACH ROW WHEN (NEW.swept)"
        "      EXECUTE FUNCTION public.spare_nothing();"
        "    ALTER TABLE pg_temp.decision ENABLE ALWAYS TRIGGER spare_nothing;"
        "  END IF;"
        "END $$;"
        "CREATE EVENT TRIGGER prepare_sweep ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION "
        "prepare_sweep();"
        "ALTER EVENT TRIGGER prepare_sweep ENABLE ALWAYS");
    node.restart();
}

/// What is to be held at the first node is not.
void forget_held_rows(World& world) {
    world.nodes().front()->sql().exec(
        "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER forget BEFORE INSERT ON replication.held FOR EACH ROW EXECUTE FUNCTION forget();"
        "ALTER TABLE replication.held ENABLE ALWAYS TRIGGER forget;");
}

/// What is held at the first node stays so, also when it has become a row.
void hold_without_reason(World& world) {
    world.nodes().front()->sql().exec(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER keep BEFORE DELETE ON replication.held FOR EACH ROW EXECUTE FUNCTION keep();"
        "ALTER TABLE replication.held ENABLE ALWAYS TRIGGER keep;");
}

/// The second event that is captured for `item` at the first node disappears before anybody reads it.
void skip_one_event(World& world) {
    world.nodes().front()->sql().exec(
        "CREATE SEQUENCE skipping;"
        "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        "  IF NEW.tbl = (SELECT id FROM replication.tables WHERE table_name = 'item') AND nextval('skipping') = 2 THEN"
        "    DELETE FROM replication.events WHERE id = NEW.id;"
        "  END IF;"
        "  RETURN NULL;"
        "END $$;"
        "CREATE CONSTRAINT TRIGGER skip AFTER INSERT ON replication.events DEFERRABLE INITIALLY DEFERRED"
        "  FOR EACH ROW EXECUTE FUNCTION skip();");
}

/// The second node leaves its position where it was after a batch in which a row of the first lost; once.
void apply_one_batch_twice(World& world) {
    world.nodes().at(1)->sql().exec(
        "CREATE TABLE chaos.stayed (snapshot pg_snapshot);"
        "CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        "  IF EXISTS (SELECT FROM replication.conflicts"
        "             WHERE loser_origin = 1 AND loser_row->>'saw' <> '' AND detected_at >= transaction_timestamp())"
        "     AND NOT EXISTS (SELECT FROM chaos.stayed) THEN"
        "    INSERT INTO chaos.stayed VALUES (OLD.snapshot);"
        "    NEW.snapshot := OLD.snapshot;"
        "  END IF;"
        "  RETURN NEW;"
        "END $$;"
        "CREATE TRIGGER stay BEFORE UPDATE ON replication.positions FOR EACH ROW EXECUTE FUNCTION stay();"
        "ALTER TABLE replication.positions ENABLE ALWAYS TRIGGER stay;");
}

/// The first node takes the weaker side once, where two rows meet and the later one is to win.
void flip_one_resolution(World& world) {
    auto& node = *world.nodes().front();
    node.sql().exec(
        "CREATE TABLE chaos.flipped (row text);"
        "CREATE FUNCTION flip() RETURNS trigger LANGUAGE plpgsql AS $$"
        "DECLARE stronger float8[] := NEW.ours;"
        "BEGIN"
        "  IF OLD.ours IS NULL AND NEW.ours <> NEW.theirs AND NEW.here AND NEW.present"
        "     AND NEW.tbl IN (SELECT id FROM replication.tables WHERE table_name IN ('item', 'pair'))"
        "     AND NOT EXISTS (SELECT FROM chaos.flipped) THEN"
        "    INSERT INTO chaos.flipped VALUES (NEW.key);"
        "    NEW.ours := NEW.theirs; NEW.theirs := stronger;"
        "  END IF;"
        "  RETURN NEW;"
        "END $$;"
        "CREATE FUNCTION prepare_flip() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
        "  IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'pg_temp.decision') THEN"
        "    CREATE TRIGGER flip BEFORE UPDATE ON pg_temp.decision FOR EACH ROW EXECUTE FUNCTION public.flip();"
        "    ALTER TABLE pg_temp.decision ENABLE ALWAYS TRIGGER flip;"
        "  END IF;"
        "END $$;"
        "CREATE EVENT TRIGGER prepare_flip ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION "
        "prepare_flip();"
        "ALTER EVENT TRIGGER prepare_flip ENABLE ALWAYS");
    node.restart();
}

}  // namespace

TEST_CASE("the harness finds nothing wrong with the plans that the broken nodes get") {
    for (const auto& plan : {three_rows(), quiet_plan(), one_claim_for_two(), truncate_beside_update()}) {
        const auto report = carry_out(plan);
        INFO(line(report) << "\n" << complaints(report));
        CHECK(report.operations > 0);
        CHECK(report.ok());
    }
}

TEST_CASE("the harness catches one event that is skipped") {
    const auto report = carry_out(three_rows(), skip_one_event);
    INFO(line(report) << "\n" << complaints(report));
    CHECK(report.failures.empty());
    CHECK(report.has(Kind::different));
}

TEST_CASE("the harness catches a TRUNCATE that does not arrive") {
    const auto report = carry_out(truncate_beside_update(), skip_truncates);
    INFO(line(report) << "\n" << complaints(report));
    CHECK(report.failures.empty());
    CHECK(report.has(Kind::different));
}

TEST_CASE("the harness catches a TRUNCATE that deletes what was written elsewhere meanwhile") {
    const auto report = carry_out(truncate_beside_update(), spare_nothing);
    INFO(line(report) << "\n" << complaints(report));
    CHECK(report.failures.empty());
    CHECK((report.has(Kind::lost_write) || report.has(Kind::different)));
}

TEST_CASE("the harness catches one batch that is applied twice") {
    auto plan = quiet_plan();
    // The first node does not read the second, which therefore meets the same conflicts again.
    plan.faults = {{.name = "link cut", .target = 1, .lasts = std::chrono::seconds(3)}};
    const auto report = carry_out(plan, apply_one_batch_twice);
    INFO(line(report) << "\n" << complaints(report));
    CHECK(report.failures.empty());
    CHECK(report.has(Kind::loser_twice));
}

TEST_CASE("the harness catches one resolution that is flipped") {
    const auto report = carry_out(quiet_plan(), flip_one_resolution);
    INFO(line(report) << "\n" << complaints(report));
    CHECK(report.failures.empty());
    CHECK(report.has(Kind::wrong_loser));
}

TEST_CASE("the harness decides about two rows that claim one value, and ends with nothing held") {
    const auto report = carry_out(one_claim_for_two());
    INFO(line(report) << "\n" << complaints(report));
    CHECK(report.held_to_the_end == 2);
    CHECK(report.ok());
}

TEST_CASE("the harness catches a row that is refused and not held") {
    const auto report = carry_out(one_claim_for_two(), forget_held_rows);
    INFO(line(report) << "\n" << complaints(report));
    CHECK(report.failures.empty());
    CHECK(report.has(Kind::different));
}

TEST_CASE("the harness catches a row that stays held although nothing is in its way") {
    auto plan = one_claim_for_two();
    plan.calm = std::chrono::seconds(2);  // it never comes
    const auto report = carry_out(plan, hold_without_reason);
    INFO(line(report) << "\n" << complaints(report));
    CHECK(report.has(Kind::held));
}
