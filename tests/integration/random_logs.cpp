#include "tests/integration/random_logs.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <sstream>

namespace tromp::test {
namespace {

using model::Event;
using model::Place;
using model::Tag;

// All below any transaction id of a running server.
constexpr Xid most_xid = 40;
constexpr double infinity = std::numeric_limits<double>::infinity();
const std::string select_events =
    "SELECT nr, coalesce(ord, id), id, xid, via, action, coalesce(strength, 0), version, origin, coalesce(number, id)"
    " FROM replication.events";
constexpr std::array<double, 5> strengths{-infinity, 0, 1, 2.5, infinity};

std::size_t below(std::mt19937_64& random, std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

std::string text(double strength) {
    if (strength == infinity) return "'Infinity'";
    if (strength == -infinity) return "'-Infinity'";
    std::ostringstream out;
    out << strength;
    return strength == 0 ? "NULL" : out.str();
}

std::string text(const std::vector<Xid>& xids) {
    std::string result = "'{";
    for (const auto xid : xids)
        result += (result.size() > 2 ? "," : "") + std::to_string(xid);
    return result + "}'";
}

Event random_event(std::mt19937_64& random, std::int64_t id, int self, int neighbour, int other) {
    Event event;
    event.xid = 3 + below(random, most_xid - 3);
    event.via = std::array{self, self, neighbour, other}[below(random, 4)];
    event.action = "IUD"[below(random, 3)];
    const int origin = event.via == self ? self : event.via == neighbour ? neighbour : other;
    event.tag = {strengths[below(random, strengths.size())], 1 + static_cast<std::int64_t>(below(random, 4)), origin,
                 origin == self ? id : 1 + static_cast<std::int64_t>(below(random, 50))};
    event.place = {id, id};
    return event;
}

std::string in_sql(const Event& e, const std::string& nr) {
    return std::to_string(e.place.id) + ", '" + std::to_string(e.xid) + "', " + nr + ", " +
           std::to_string(e.tag.version) + ", 1, " + std::to_string(e.via) + ", " + std::to_string(e.tag.origin) +
           ", '" + e.action + "', " + text(e.tag.strength) + ", " +
           (e.place.ord == e.place.id ? "NULL" : std::to_string(e.place.ord)) + ", " +
           (e.tag.number == e.place.id ? "NULL" : std::to_string(e.tag.number));
}

/// Columns as of stored_logs().
Event from_sql(const std::vector<std::optional<std::string>>& row) {
    const auto number = [&](std::size_t column) { return std::stoll(row[column].value()); };
    return {{number(1), number(2)},
            static_cast<Xid>(number(3)),
            static_cast<int>(number(4)),
            row[5].value()[0],
            Tag{std::stod(row[6].value()), number(7), static_cast<int>(number(8)), number(9)}};
}

}  // namespace

Snapshot random_snapshot(std::mt19937_64& random) {
    Snapshot result;
    result.xmax = 1 + below(random, most_xid + 5);
    for (Xid xid = 3; xid < result.xmax; ++xid) {
        if (below(random, 5) == 0) result.xip.push_back(xid);
    }
    return result;
}

RandomSide random_side(std::mt19937_64& random, std::size_t keys, int self, int neighbour, int other) {
    RandomSide side;
    side.position = random_snapshot(random);
    std::int64_t id = 0;
    for (std::size_t key = 0; key < keys; ++key) {
        model::Events log;
        for (auto events = below(random, 7); events > 0; --events) {
            auto event = random_event(random, ++id, self, neighbour, other);
            if (below(random, 6) == 0) event.place.ord = log.empty() ? 0 : log[below(random, log.size())].place.ord;
            log.push_back(event);
        }
        std::sort(log.begin(), log.end(), [](const Event& a, const Event& b) { return a.place < b.place; });
        side.rows.push_back(below(random, 2) == 0);
        side.ahead.emplace_back();
        if (below(random, 4) == 0) {
            side.ahead.back() = model::Ahead{3 + below(random, most_xid - 3)};
        }
        side.logs.push_back(std::move(log));
    }
    for (auto truncates = below(random, 4); truncates > 0; --truncates) {
        auto event = random_event(random, ++id, self, neighbour, other);
        event.action = 'T';
        event.tag.strength = -infinity;
        side.truncates.push_back(event);
    }
    return side;
}

void share_some(std::mt19937_64& random, RandomSide& one, const RandomSide& other) {
    for (std::size_t key = 0; key < one.logs.size(); ++key) {
        auto& log = one.logs[key];
        const auto& theirs = other.logs[key];
        if (theirs.empty()) continue;
        for (auto& event : log) {
            if (below(random, 3) == 0) event.tag = theirs[below(random, theirs.size())].tag;
        }
    }
}

void store(Database& sql, const RandomSide& side, int neighbour) {
    std::string events;
    std::string rows;
    std::string ahead;
    const auto add = [](std::string& list, const std::string& row) {
        list += (list.empty() ? "(" : ", (") + row + ")";
    };
    const auto node = std::to_string(neighbour);
    for (std::size_t key = 0; key < side.logs.size(); ++key) {
        const auto nr = std::to_string(key);
        for (const auto& event : side.logs[key])
            add(events, in_sql(event, nr));
        if (side.rows[key]) add(rows, nr);
        if (const auto& entry = side.ahead[key]) {
            add(ahead, node + ", 1, " + nr + ", " + text(*entry));
        }
    }
    for (const auto& event : side.truncates)
        add(events, in_sql(event, "NULL"));
    sql.exec(
        "SET session_replication_role = replica; SET synchronous_commit = off;"
        "TRUNCATE item, replication.events, replication.ahead, replication.unlocked, replication.conflicts;"
        "SELECT setval('replication.event_id', 1000000);"
        "INSERT INTO replication.events (id, xid, nr, version, tbl, via, origin, action, strength, ord, number)"
        " SELECT id, xid::xid8, nr, version, tbl, via, origin, action::\"char\", strength::float8, ord::bigint, "
        "number::bigint FROM (VALUES " +
        events +
        ") AS e (id, xid, nr, version, tbl, via, origin, action, strength, ord, number);"
        "INSERT INTO item (nr) VALUES " +
        rows +
        ";"
        "INSERT INTO replication.ahead (node, tbl, nr, beyond) SELECT node, tbl, nr, beyond::xid8[] "
        "FROM (VALUES " +
        ahead +
        ") AS a (node, tbl, nr, beyond);"
        "UPDATE replication.positions SET snapshot = '" +
        side.position.text() + "' WHERE node = " + node);
}

std::map<std::size_t, model::Events> stored_logs(Database& sql) {
    std::map<std::size_t, model::Events> result;
    const auto rows = sql.rows(select_events + " WHERE nr IS NOT NULL ORDER BY nr, coalesce(ord, id), id");
    for (const auto& row : rows)
        result[std::stoull(row[0].value())].push_back(from_sql(row));
    return result;
}

model::Events stored_truncates(Database& sql) {
    model::Events result;
    for (const auto& row : sql.rows(select_events + " WHERE nr IS NULL ORDER BY id"))
        result.push_back(from_sql(row));
    return result;
}

std::map<std::size_t, model::Ahead> stored_ahead(Database& sql, int neighbour) {
    std::map<std::size_t, model::Ahead> result;
    const auto rows = sql.rows(
        "SELECT nr, (SELECT string_agg(x::text, ' ' ORDER BY x) FROM (SELECT DISTINCT unnest(beyond)) u (x))"
        " FROM replication.ahead WHERE node = " +
        std::to_string(neighbour));
    for (const auto& row : rows) {
        model::Ahead entry;
        std::istringstream xids(row[1].value());
        for (Xid xid = 0; xids >> xid;)
            entry.push_back(xid);
        result.emplace(std::stoull(row[0].value()), std::move(entry));
    }
    return result;
}

}  // namespace tromp::test
