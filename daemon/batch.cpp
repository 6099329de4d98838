#include "daemon/batch.hpp"

#include "common/fault.hpp"
#include "common/sql_text.hpp"
#include "daemon/advance.hpp"
#include "daemon/agreement.hpp"
#include "daemon/apply.hpp"
#include "daemon/differences.hpp"
#include "daemon/forward.hpp"
#include "daemon/greeting.hpp"
#include "daemon/identity.hpp"
#include "daemon/link_state.hpp"
#include "daemon/objects.hpp"
#include "daemon/pull.hpp"
#include "daemon/recheck.hpp"
#include "daemon/resolve.hpp"
#include "daemon/settle.hpp"
#include "daemon/stage.hpp"
#include "daemon/statements.hpp"
#include "daemon/suspects.hpp"

#include <sql/embedded.hpp>

#include <algorithm>

namespace tromp {
namespace {

namespace asio = boost::asio;

/// A pull that found only what came from us moves the position when it is worth a transaction.
constexpr std::int64_t worth_advancing = 1000;

/// Microseconds. How fresh our copy is need not be known better than this.
constexpr std::int64_t worth_telling = 10'000'000;

/// A link that would close a ring does not flow, and nothing is told of it to others.
asio::awaitable<void> check_place(Flow& flow, const StoredState& state, const BatchHeader& header) {
    auto place = state.place;
    place.accepted = place.accepted && header.accepts_us;
    const auto refusal = refuse_link(place, flow.from.node, header.reach);
    if (refusal.empty()) co_return;
    if (state.place.accepted) {
        co_await flow.target.query(render_sql(sql::reach_forget, "source", std::to_string(flow.from.node)));
    }
    throw Error(refusal);
}

/// Remembers what the source reaches, when all of its log has been read; how fresh it is, only now and then.
asio::awaitable<void> keep_reach(Flow& flow, const StoredState& state, const BatchHeader& header) {
    const bool news = !state.place.accepted || !same_tree(state.reach, header.reach);
    if (!news && header.reach.front().fresh - state.reach.front().fresh < worth_telling) co_return;
    const auto query = render_sql(sql::reach_keep, "source", std::to_string(flow.from.node), "reach", header.reach_text,
                                  "tell", news ? "true" : "false");
    co_await flow.target.query(query);
}

/// Begins the apply transaction. Nobody else may have moved the position since we read it, nor given it up.
asio::awaitable<void> begin_apply(pg::Connection& target, int source, const StoredState& state) {
    const auto row = co_await target.query(render_sql(sql::apply_begin, "source", std::to_string(source)));
    if (row.rows() != 1 || Snapshot::parse(row.at(0, "position")) != *state.position)
        throw pg::ConnectionError("the position was moved by somebody else; it is read again");
    if (row.at(0, "link") != state.own_link || row.at(0, "knows") != state.identity.link)
        throw pg::ConnectionError("the link has begun anew; what was read before is dropped");
}

/// A held table that fits again catches up with the link's position, in turns with the other tables. The number of
/// it, if it is its turn.
std::optional<int> whose_turn(Flow& flow, const HeldTables& held) {
    flow.held_turn = !flow.held_turn;
    if (!flow.held_turn) return std::nullopt;
    for (const auto& entry : held) {
        if (flow.pairs.contains(entry.first)) return entry.first;
    }
    return std::nullopt;
}

/// The batch's tables, for `ahead`. Held tables have other numbers here, which only their pairs tell: those that do not
/// fit have none, and what was taken ahead of their positions must be known when they go on. So nothing is forgotten
/// then; what is kept too long is read by then, and means nothing.
std::string ahead_filter(const Flow& flow, const Scope& scope) {
    if (scope.only) return "AND a.tbl = " + std::to_string(flow.pairs.at(*scope.only).target.id);
    HeldTables here;
    for (const auto& [table, read] : scope.held) {
        const auto pair = flow.pairs.find(table);
        if (pair == flow.pairs.end()) return "AND false";
        here.emplace(pair->second.target.id, read);
    }
    return except_tables("a", here);
}

/// Where the batch leaves off.
Advance next_step(const Flow& flow, const StoredState& state, const BatchHeader& header, const Scope& scope,
                  bool is_full) {
    Advance step{*state.position, *state.position, ahead_filter(flow, scope)};
    if (!scope.only) {
        step.position = cut(header.now, *state.position, header.last);
        step.read = step.position;
    } else if (is_full) {
        step.read = cut(*state.position, state.held.at(*scope.only), header.last);
    }
    return step;
}

/// Deleting rows and making them anew is what `singly` can do beside its other means.
Manner manner_for(const TablePairs& pairs, const Staged& staged) {
    const bool anew = std::any_of(staged.tables.begin(), staged.tables.end(),
                                  [&](int id) { return pairs.at(id).target.has_fixed_columns(); });
    return anew ? Manner::singly : Manner::quick;
}

/// The source's statements come before its rows. Where there are any that are new here, this pull ends with them.
asio::awaitable<std::optional<Outcome>> take_statements(Flow& flow, Pull& pull, const BatchHeader& header,
                                                        const Scope& scope) {
    if (scope.only || header.statements == "[]") co_return std::nullopt;
    const auto statements = co_await unknown_statements(flow.target, header.statements);
    if (statements.empty()) co_return std::nullopt;
    co_await pull.end_empty();
    if (header.paused) co_return Outcome::paused;
    co_await run_statements(flow, statements);
    co_return Outcome::changed;
}

struct Decided {
    std::int64_t conflicts = 0;
    bool any_shared = false;
};

/// Resolves and merges what was staged, with its large objects. Nothing where an object here was overtaken by a user,
/// so that all has to be undone.
asio::awaitable<std::optional<Decided>> decide(Flow& flow, const BatchHeader& header, Staged& staged,
                                               const Terms& terms, bool with_objects) {
    auto& target = flow.target;
    const int source = flow.from.node;
    std::optional<Decided> decided;
    try {
        const ObjectsOf objects_of{source, flow.objects_anew};
        if (with_objects) co_await make_objects(target, flow.pairs, staged, objects_of);
        const Reading read_of_us{header.read_of_us.value_or(Snapshot{}), header.held_of_us};
        Decided all;
        const auto manner = manner_for(flow.pairs, staged);
        all.any_shared = co_await settle(target, source, flow.pairs, staged, read_of_us, terms, manner);
        all.conflicts = co_await record_conflicts(target, source);
        co_await release_objects(target, flow.pairs, staged);
        decided = all;
    } catch (const ObjectsOvertaken&) {
        decided.reset();
    }
    co_return decided;
}

asio::awaitable<void> commit(pg::Connection& target, int source) {
    co_await fault_point("apply.before_commit", source);
    co_await target.send("COMMIT");
    co_await fault_point("apply.commit_sent", source);
    co_await target.finish();
    co_await fault_point("apply.committed", source);
}

}  // namespace

asio::awaitable<BatchReport> replicate_batch(Flow& flow) {
    auto& target = flow.target;
    const int source = flow.from.node;
    BatchReport report;

    auto state = co_await read_link_state(target, source);
    state.place.node = flow.reader;
    if (state.paused) {
        report.outcome = Outcome::paused;
        co_return report;
    }
    if (!state.position) {
        report.outcome = Outcome::anew;
        co_return report;
    }
    const bool loses_columns =
        std::any_of(flow.pairs.begin(), flow.pairs.end(), [](const auto& entry) { return entry.second.loses_columns; });
    if (state.forwards && loses_columns) {
        report.outcome = Outcome::changed;  // there is another neighbour now
        co_return report;
    }

    Scope scope{state.held, whose_turn(flow, state.held), *state.position};
    const auto read_before = scope.only ? state.held.at(*scope.only) : *state.position;
    PullRequest request{flow.reader, read_before, scope, flow.chunk};
    Pull pull(flow.source, std::move(request));
    auto& header = report.header;
    header = co_await pull.begin(flow.from);
    co_await fault_point("pull.begun", source);
    check_schema(state.schema_version, state.own_name);
    check_schema(header.schema_version, flow.from.name);
    const auto lost = find_lost_past(state, header, flow.from);
    if (!is_agreed(state, header, lost, flow.from, flow.reader)) {
        co_await pull.end_empty();
        report.outcome = Outcome::anew;
        co_return report;
    }
    co_await check_place(flow, state, header);
    flow.clocks(header.clock - state.clock);
    const auto changed = co_await take_statements(flow, pull, header, scope);
    if (changed) {
        report.outcome = *changed;
        co_return report;
    }
    const bool is_full = header.events >= static_cast<std::int64_t>(flow.chunk);  // what is for us may lie beyond it
    const auto* const compared = is_full || scope.only ? nullptr : next_to_compare(flow, state);
    report.comparing = report_on(state, header);
    const bool nothing_to_do = !scope.only && header.events_for_us == 0 && header.events < worth_advancing &&
                               !is_full && !state.suspects && compared == nullptr;
    if (header.paused || nothing_to_do) {
        co_await pull.end_empty();
        report.acknowledged = co_await acknowledge(target, source, state, header);
        co_await keep_mark(target, source, state.identity.mark, header);
        co_await keep_reach(flow, state, header);
        report.outcome = header.paused ? Outcome::paused : Outcome::empty;
        co_return report;
    }

    flow.begun(header);
    co_await begin_apply(target, source, state);
    auto staged = co_await stage_events(pull, target, flow.pairs);
    co_await stage_truncates(target, flow.pairs, pull.truncates(), staged);
    const auto terms = terms_of(flow, state, header);
    Differences differences;
    if (compared != nullptr) {
        co_await pull.drain();
        const auto& so_far = state.comparing.at(compared->target.id);
        differences = co_await find_differences(flow, *compared, so_far, header.any_held);
        co_await stage_differences(target, differences, staged);
    }
    co_await fault_point("stage.events", source);
    report.waiting = 0;
    if (is_full) report.waiting = co_await pull.backlog();
    const bool with_objects = any_objects(flow.pairs, staged);
    co_await stage_rows(pull, target, flow.pairs, staged, source, with_objects);
    if (with_objects) {
        co_await begin_decisions(target, source, flow.pairs, staged, terms);
        const ObjectsOf objects_of{source, flow.objects_anew};
        co_await stage_objects(pull, target, flow.pairs, staged, objects_of, flow.blocks);
    }
    const bool unchanged = co_await pull.end();
    if (!unchanged) {
        co_await target.query("ROLLBACK");
        report.outcome = Outcome::changed;
        co_return report;
    }
    co_await pull.ensure_durable(header.inserted);
    co_await fault_point("stage.done", source);

    std::int64_t unlocked = 0;
    if (!staged.tables.empty()) {
        if (!with_objects) co_await begin_decisions(target, source, flow.pairs, staged, terms);
        const auto decided = co_await decide(flow, header, staged, terms, with_objects);
        if (!decided) {
            co_await target.query("ROLLBACK");
            flow.objects_anew = true;
            flow.held_turn = !flow.held_turn;  // it is the same one's turn again
            report.outcome = Outcome::again;
            co_return report;
        }
        report.conflicts = decided->conflicts;
        unlocked = co_await note_unlocked(target, source);
        if (compared != nullptr) unlocked += co_await keep_differences(target, source);
        co_await forward(target, source, state.forwards);
        if (decided->any_shared) unlocked += co_await forward_shared(target, source);
        co_await fault_point("apply.forwarded", source);
    }
    if (compared != nullptr) {
        differences.bytes = staged.bytes;
        co_await advance_comparison(target, source, differences);
    }
    const auto step = next_step(flow, state, header, scope, is_full);
    report.acknowledged = co_await advance(target, source, step, state, header);
    if (scope.only) {
        co_await advance_held(target, source, *scope.only, step.read, !is_full);
    } else if (report.waiting == 0) {
        co_await report_suspects(target, source);
        co_await keep_reach(flow, state, header);
    }
    co_await fault_point("apply.advanced", source);
    co_await commit(target, source);
    flow.objects_anew = false;
    if (unlocked > 0) co_await recheck_unlocked(target, source);
    co_await limit_stages(target, source, staged, flow.stages);
    report.outcome = Outcome::applied;
    report.all_read = !is_full && !scope.only;
    report.rows = staged.rows;
    co_return report;
}

}  // namespace tromp
