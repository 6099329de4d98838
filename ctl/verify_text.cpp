#include "ctl/verify_text.hpp"

#include <boost/json.hpp>

#include <algorithm>

#include "common/json_text.hpp"
#include "ctl/text_table.hpp"

namespace tromp::ctl {
namespace {

namespace json = boost::json;

constexpr std::size_t most_keys_shown = 20;

const char* word(Finding finding) {
    switch (finding) {
        case Finding::missing_here:
            return "missing_here";
        case Finding::missing_there:
            return "missing_there";
        case Finding::different:
            return "different";
        case Finding::held:
            return "held";
        case Finding::on_the_way:
            return "on_the_way";
        case Finding::equal:
            return "equal";
    }
    return "";
}

std::string counted(std::int64_t number, const std::string& one) {
    return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

std::string name_of(const TableVerdict& table) {
    return qualified_name(table.schema, table.table);
}

std::string keys_text(const TableVerdict& table, Finding finding, std::size_t& room) {
    std::string text;
    for (const auto& row : table.rows) {
        if (row.finding != finding || room == 0) continue;
        text += " " + row.key;
        --room;
    }
    if (text.empty()) return text;
    std::string what = word(finding);
    std::replace(what.begin(), what.end(), '_', ' ');
    return name_of(table) + ", " + what + ":" + text + "\n";
}

std::string keys_text(const TableVerdict& table) {
    std::size_t room = most_keys_shown;
    std::string text;
    for (const auto finding : {Finding::missing_here, Finding::missing_there, Finding::different, Finding::held})
        text += keys_text(table, finding, room);
    const auto all = table.differing() + table.held;
    const auto shown = static_cast<std::int64_t>(most_keys_shown - room);
    if (all > shown) text += name_of(table) + ": and " + std::to_string(all - shown) + " more\n";
    return text;
}

std::string columns_text(const TableVerdict& table) {
    if (table.not_shared.empty()) return "";
    std::string names;
    for (const auto& column : table.not_shared)
        names += (names.empty() ? "" : ", ") + column;
    return name_of(table) + ": only one end has " + names + "; the rest was compared\n";
}

std::string summary(const LinkVerdict& verdict) {
    std::int64_t tables = 0;
    std::int64_t differing = 0;
    std::int64_t in_tables = 0;
    std::int64_t held = 0;
    std::int64_t moving = 0;
    std::int64_t not_compared = 0;
    for (const auto& table : verdict.tables) {
        if (!table.error.empty()) {
            ++not_compared;
            continue;
        }
        ++tables;
        differing += table.differing();
        in_tables += table.differing() > 0 ? 1 : 0;
        held += table.held;
        moving += table.on_the_way;
    }
    const auto& neighbour = verdict.neighbour;
    const auto tables_text = counted(tables, "table") + " compared with neighbour " + to_string(neighbour);
    std::string text;
    if (differing > 0) {
        text = tables_text + ": " + counted(differing, "row") + (differing == 1 ? " differs" : " differ") +
               (in_tables == tables ? "" : " in " + counted(in_tables, "table")) + "; trompctl repair " +
               neighbour.name + " makes them equal, with --dry-run it shows what it would change\n";
    } else if (tables > 0) {
        text = tables_text + (held > 0 ? ": equal but for rows that are held\n" : ": equal\n");
    }
    if (held > 0) {
        text += counted(held, "row") + (held == 1 ? " is" : " are") + " held at an end, which could not apply " +
                (held == 1 ? "it" : "them") + "; trompctl held, here and there, says why\n";
    }
    if (moving > 0) {
        text += counted(moving, "row") + (moving == 1 ? " is" : " are") +
                " still on the way, and not counted as different\n";
    }
    if (not_compared > 0)
        text += counted(not_compared, "table") + (not_compared == 1 ? " was" : " were") + " not compared, see above\n";
    return text;
}

/// As JSON where that has every digit: numbers that are not whole stay text.
json::value key_of(const std::string& text) {
    boost::system::error_code no_json;
    const auto parsed = json::parse(text, no_json);
    if (no_json || !parsed.is_array()) return json::value(text);
    const auto& parts = parsed.get_array();
    const bool exact = std::none_of(parts.begin(), parts.end(), [](const auto& part) { return part.is_double(); });
    return exact ? parsed : json::value(text);
}

json::object object_of(const TableVerdict& table, int neighbour) {
    const bool known = table.error.empty();
    const auto figure = [&](std::int64_t number) { return known ? json::value(number) : json::value(); };
    json::array keys;
    for (const auto& row : table.rows) {
        keys.push_back(json::object{{"key", key_of(row.key)}, {"what", word(row.finding)}});
    }
    json::array not_shared;
    for (const auto& column : table.not_shared)
        not_shared.emplace_back(column);
    return {{"table", name_of(table)},
            {"rows", figure(table.compared.rows_here)},
            {"missing_here", figure(table.missing_here)},
            {"missing_there", figure(table.missing_there)},
            {"different", figure(table.different)},
            {"neighbour", neighbour},
            {"rows_there", figure(table.compared.rows_there)},
            {"held", figure(table.held)},
            {"on_the_way", figure(table.on_the_way)},
            {"not_shared", std::move(not_shared)},
            {"error", known ? json::value() : json::value(table.error)},
            {"bytes", figure(table.compared.bytes)},
            {"keys", std::move(keys)}};
}

}  // namespace

std::string verify_text(const LinkVerdict& verdict) {
    TextTable table({"TABLE", "ROWS", "MISSING HERE", "MISSING THERE", "DIFFERENT", "HELD", "ON THE WAY"});
    std::string text;
    for (const auto& entry : verdict.tables) {
        if (!entry.error.empty()) {
            table.add({name_of(entry), "-", "-", "-", "-", "-", "-"});
            text += name_of(entry) + " was not compared: " + entry.error + "\n";
            continue;
        }
        table.add({name_of(entry), std::to_string(entry.compared.rows_here), std::to_string(entry.missing_here),
                   std::to_string(entry.missing_there), std::to_string(entry.different), std::to_string(entry.held),
                   std::to_string(entry.on_the_way)});
        text += keys_text(entry) + columns_text(entry);
    }
    return (table.empty() ? "" : table.text()) + text + summary(verdict);
}

std::string verify_json(const std::vector<LinkVerdict>& verdicts) {
    json::array array;
    for (const auto& verdict : verdicts) {
        for (const auto& table : verdict.tables)
            array.emplace_back(object_of(table, verdict.neighbour.node));
    }
    return json_text(array);
}

}  // namespace tromp::ctl
