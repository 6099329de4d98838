#include "ctl/second_look.hpp"

#include <sql/embedded.hpp>

#include "common/ask_both.hpp"
#include "common/fault.hpp"
#include "common/sql_text.hpp"

namespace tromp::ctl {
namespace {

namespace asio = boost::asio;

/// A row that is another one at each of so many looks is being written all the time.
constexpr int most_looks = 10;

bool is_same_row(const RowSeen& one, const RowSeen& other) {
    return one.hash == other.hash && one.version == other.version;
}

std::string key_array(const std::vector<DifferentKey>& keys, const std::vector<std::size_t>& wanted) {
    std::string array = "[";
    for (const auto index : wanted) {
        const auto& key = keys[index];
        array += (array.size() == 1 ? "[" : ",[") + (key.nr ? std::to_string(*key.nr) : "null," + key.key) + "]";
    }
    return array + "]";
}

/// `other` is the node at the other end, which has read `reading` of the log here.
std::string question(const ReplicatedTable& table, const std::string& hash, const std::string& keys,
                     const Reading& reading, int other) {
    return render_sql(sql::verify_look, {{"keys", keys},
                                         {"tbl", std::to_string(table.id)},
                                         {"table", table.quoted_name()},
                                         {"match", table.key_match("t", "k")},
                                         {"hash", hash},
                                         {"other", std::to_string(other)},
                                         {"is_read", reading.is_read("e")}});
}

RowSeen row_seen(const pg::Result& rows, int row) {
    return {rows.optional_at(row, "hash"), rows.optional_at(row, "version").value_or(""), rows.boolean(row, "moving"),
            rows.boolean(row, "held")};
}

void check_size(const pg::Result& rows, std::size_t expected) {
    if (static_cast<std::size_t>(rows.rows()) != expected)
        throw Error("an answer about " + std::to_string(expected) + " keys has " + std::to_string(rows.rows()));
}

}  // namespace

std::optional<Finding> judge(const std::optional<BothSeen>& before, const BothSeen& now) {
    if (now.here.hash == now.there.hash) return Finding::equal;
    if (now.here.moving || now.there.moving) return Finding::on_the_way;
    if (!before || !is_same_row(before->here, now.here) || !is_same_row(before->there, now.there)) return std::nullopt;
    if (now.here.held || now.there.held) return Finding::held;
    if (!now.here.hash) return Finding::missing_here;
    return now.there.hash ? Finding::different : Finding::missing_there;
}

Reading reading_of(const pg::Result& state) {
    const auto position = state.optional_at(0, "position");
    return {position ? Snapshot::parse(*position) : Snapshot{}, parse_held_tables(state.at(0, "held_tables"))};
}

asio::awaitable<Findings> look_again(LinkEnds ends, const TablePair& pair, bool recoded,
                                     const std::vector<DifferentKey>& keys) {
    const auto hash = row_hash_sql(pair, recoded);
    Findings findings{std::vector<Finding>(keys.size(), Finding::on_the_way)};
    std::vector<std::optional<BothSeen>> seen(keys.size());
    std::vector<std::size_t> open(keys.size());
    for (std::size_t i = 0; i < open.size(); ++i)
        open[i] = i;
    for (int look = 0; look < most_looks && !open.empty(); ++look) {
        co_await fault_point("verify.look");
        // Read before the rows: what counts as read then is in them.
        const auto states =
            co_await ask_both(ends.here, render_sql(sql::verify_state, "other", std::to_string(ends.neighbour)),
                              ends.there, render_sql(sql::verify_state, "other", std::to_string(ends.own_node)));
        co_await fault_point("verify.positions");
        const auto array = key_array(keys, open);
        co_await ends.here.send(question(pair.target, hash, array, reading_of(states.second), ends.neighbour));
        co_await fault_point("verify.looked_here");
        auto to_there = question(pair.source, hash, array, reading_of(states.first), ends.own_node);
        findings.bytes += static_cast<std::int64_t>(to_there.size());
        co_await ends.there.send(std::move(to_there));
        const auto here = co_await ends.here.answer();
        const auto there = co_await ends.there.answer();
        check_size(here, open.size());
        check_size(there, open.size());
        findings.bytes += size_of(there);
        std::vector<std::size_t> left;
        for (std::size_t i = 0; i < open.size(); ++i) {
            const auto row = static_cast<int>(i);
            auto& before = seen[open[i]];
            const BothSeen now{row_seen(here, row), row_seen(there, row)};
            if (const auto finding = judge(before, now)) {
                findings.of_keys[open[i]] = *finding;
            } else {
                left.push_back(open[i]);
                before = now;
            }
        }
        open = std::move(left);
    }
    co_return findings;
}

}  // namespace tromp::ctl
