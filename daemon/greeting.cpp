#include "daemon/greeting.hpp"

#include "common/fault.hpp"
#include "common/request.hpp"
#include "common/sql_text.hpp"
#include "daemon/link_state.hpp"
#include "daemon/pull.hpp"

#include <spdlog/spdlog.h>
#include <sql/embedded.hpp>

#include <algorithm>

namespace tromp {
namespace {

namespace asio = boost::asio;

constexpr const char* nothing_read = "1:1:";

bool knows_our_name(const StoredState& own, const BatchHeader& theirs) {
    return theirs.link_of_us == own.own_link;
}

/// It reads by another name of ours. One that reads nothing yet need not know any.
bool goes_by_another(const StoredState& own, const BatchHeader& theirs) {
    return !knows_our_name(own, theirs) && (!theirs.link_of_us.empty() || theirs.read_of_us);
}

Greeting learn(const StoredState& own, const BatchHeader& theirs, const LostPast& lost, const Peer& from, int reader) {
    Greeting greeting;
    greeting.step = GreetingStep::learn;
    greeting.takes_new_name = own.used;
    greeting.behind = own.used ? own.whole : own.behind;
    greeting.keeps_position = lost.theirs.empty();
    if (greeting.behind && !greeting.keeps_position) {
        greeting.behind = false;
        greeting.takes_new_name = true;
    }
    greeting.in_common =
        !greeting.keeps_position && theirs.acknowledged && own.position && own.position->covers(*theirs.acknowledged);
    greeting.compares = is_comparing_end(reader, greeting.behind, from.node, theirs.behind);
    return greeting;
}

}  // namespace

bool is_comparing_end(int node, bool behind, int other, bool other_behind) {
    return behind != other_behind ? behind : node < other;
}

Greeting greet(const StoredState& own, const BatchHeader& theirs, const LostPast& lost, const Peer& from, int reader) {
    if (own.identity.link != theirs.identity.link) return learn(own, theirs, lost, from, reader);
    Greeting greeting;
    if (goes_by_another(own, theirs)) {
        greeting.step = GreetingStep::wait;
        return greeting;
    }
    if (!lost.theirs.empty() || !lost.ours.empty()) {
        greeting.step = GreetingStep::begin_anew;
        greeting.behind = own.whole && lost.theirs.empty();
        greeting.because = lost.theirs.empty() ? lost.ours : lost.theirs;
        return greeting;
    }
    greeting.step = own.used ? GreetingStep::read : GreetingStep::use;
    const bool theirs_to_compare = is_comparing_end(from.node, theirs.behind, reader, own.behind);
    greeting.whole_again = !own.whole && !own.asked.empty() && knows_our_name(own, theirs) && theirs_to_compare &&
                           !is_comparing(theirs.comparing) && !is_comparing(own.comparing);
    return greeting;
}

bool is_agreed(const StoredState& own, const BatchHeader& theirs, const LostPast& lost, const Peer& from, int reader) {
    const auto greeting = greet(own, theirs, lost, from, reader);
    return greeting.step == GreetingStep::read && !greeting.whole_again;
}

namespace {

/// The tables that are to be made equal: all, unless both ends ask for some only.
std::vector<const TablePair*> tables_to_compare(const Flow& flow, const StoredState& own, const BatchHeader& theirs) {
    const auto asked_for = [](const std::string& asked, const ReplicatedTable& table) {
        if (asked.empty()) return false;
        const auto request = parse_request(asked);
        return request.tables.empty() || request.tables.contains(table.display_name());
    };
    std::vector<const TablePair*> tables;
    for (const auto& entry : flow.pairs) {
        const auto& table = entry.second.target;
        if (asked_for(own.asked, table) || asked_for(theirs.asked, table)) tables.push_back(&entry.second);
    }
    return tables;
}

/// As [[table here, rows to expect], …].
asio::awaitable<std::string> expectations(Flow& flow, const std::vector<const TablePair*>& tables) {
    std::vector<std::string> here;
    std::vector<std::string> there;
    for (const auto* const pair : tables) {
        here.push_back(pair->target.relation);
        there.push_back(pair->source.relation);
    }
    const auto at_target = co_await flow.target.query(render_sql(sql::compare_estimate, "relations", array_text(here)));
    const auto at_source =
        co_await flow.source.query(render_sql(sql::compare_estimate, "relations", array_text(there)));
    std::string text;
    for (std::size_t i = 0; i < tables.size(); ++i) {
        const int row = static_cast<int>(i);
        const auto rows = std::max(at_target.number(row, "rows"), at_source.number(row, "rows"));
        text += (text.empty() ? "[[" : ",[") + std::to_string(tables[i]->target.id) + "," + std::to_string(rows) + "]";
    }
    co_return text.empty() ? "[]" : text + "]";
}

std::vector<int> numbers_here(const TablePairs& pairs) {
    std::vector<int> numbers;
    for (const auto& entry : pairs)
        numbers.push_back(entry.second.target.id);
    return numbers;
}

std::string begin_anew_query(const std::string& source, bool behind, const std::string& asked) {
    return render_sql(sql::greet_begin_anew, "source", source, "behind", behind ? "true" : "false", "asked", asked);
}

asio::awaitable<std::string> learn_query(Flow& flow, StoredState own, const BatchHeader& theirs,
                                         const Greeting& greeting) {
    const auto source = std::to_string(flow.from.node);
    std::string query;
    if (greeting.takes_new_name) {
        if (own.used) own.asked.clear();  // that was asked under the old name
        query = begin_anew_query(source, greeting.behind, own.asked);
    }
    const bool is_asked = !own.asked.empty() || !theirs.asked.empty();
    std::string position;
    if (is_asked) {
        position = greeting.in_common                        ? theirs.acknowledged->text()
                   : greeting.keeps_position && own.position ? own.position->text()
                                                             : nothing_read;
    }
    std::string to_compare = "[]";
    if (is_asked && greeting.compares) to_compare = co_await expectations(flow, tables_to_compare(flow, own, theirs));
    co_return query +
        render_sql(sql::greet_learn, "source", source, "name", theirs.identity.link, "asked", theirs.asked, "lost",
                   greeting.keeps_position ? "false" : "true", "position", position, "system_identifier",
                   theirs.identity.system_identifier, "timeline", theirs.identity.timeline, "incarnation",
                   theirs.identity.incarnation, "mark", theirs.identity.mark, "tables",
                   array_text(is_asked ? numbers_here(flow.pairs) : std::vector<int>{}), "to_compare", to_compare);
}

/// False where the link is not what it was when `own` was read: nothing is done then.
asio::awaitable<bool> take_step(pg::Connection& target, const std::string& source, const StoredState& own,
                                std::string query) {
    co_await target.query("BEGIN");
    const auto now = co_await target.query(render_sql(sql::greet_hold, "source", source));
    const bool same = now.rows() == 1 && now.at(0, "link") == own.own_link &&
                      now.optional_at(0, "knows").value_or("") == own.identity.link &&
                      now.boolean(0, "used") == own.used;
    query += "COMMIT";
    if (!same) query = "ROLLBACK";
    co_await target.query(query);
    co_return same;
}

/// One look at the source: does what is to be done by it. Anything but `read`, `use` and `wait` needs another look.
asio::awaitable<GreetingStep> step(Flow& flow) {
    const auto source = std::to_string(flow.from.node);
    const auto own = co_await read_link_state(flow.target, flow.from.node);
    if (own.paused) co_return GreetingStep::read;
    PullRequest nothing;
    nothing.reader = flow.reader;
    if (own.position) nothing.position = *own.position;
    if (!flow.looked_back) nothing.newest = own.newest;
    Pull pull(flow.source, std::move(nothing));
    const auto header = co_await pull.begin(flow.from);
    co_await pull.end_empty();
    co_await fault_point("greet.read", flow.from.node);
    check_at_home(own.own_name, own.moved);
    check_at_home(flow.from.name, header.moved);
    auto lost = find_lost_past(own, header, flow.from);
    if (!flow.looked_back && knows_our_name(own, header) && lost.ours.empty())
        lost.ours = co_await find_overlooked(flow.target, header, flow.from);
    const auto greeting = greet(own, header, lost, flow.from, flow.reader);
    std::string query;
    switch (greeting.step) {
        case GreetingStep::begin_anew:
            spdlog::warn("link={} begins anew, with a comparison: {}", flow.from.name, greeting.because);
            query = begin_anew_query(source, greeting.behind, Request{.kind = "resync"}.text());
            break;
        case GreetingStep::learn:
            query = co_await learn_query(flow, own, header, greeting);
            break;
        case GreetingStep::use:
        case GreetingStep::read:
            if (greeting.step == GreetingStep::read && !greeting.whole_again) break;
            query = render_sql(sql::greet_use, "source", source, "whole", greeting.whole_again ? "true" : "false");
            break;
        case GreetingStep::wait:
            break;
    }
    if (!query.empty()) {
        const bool done = co_await take_step(flow.target, source, own, std::move(query));
        if (!done) co_return GreetingStep::learn;
    }
    co_await fault_point("greet.committed", flow.from.node);
    if (greeting.step == GreetingStep::use || greeting.step == GreetingStep::read) flow.looked_back = true;
    co_return greeting.step;
}

}  // namespace

asio::awaitable<std::string> greet(Flow& flow) {
    for (;;) {
        const auto done = co_await step(flow);
        if (done == GreetingStep::wait)
            co_return "the link begins anew, and " + flow.from.name +
                " has not noticed yet. Its trompd does when it runs; if it runs, it reads another database with this "
                "node's number";
        if (done == GreetingStep::use || done == GreetingStep::read) co_return "";
    }
}

}  // namespace tromp
