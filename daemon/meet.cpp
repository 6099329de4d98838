#include "daemon/meet.hpp"

#include "daemon/agreement.hpp"
#include "daemon/differences.hpp"
#include "daemon/first_contact.hpp"
#include "daemon/greeting.hpp"
#include "daemon/hold_tables.hpp"
#include "daemon/lacking.hpp"
#include "daemon/recheck.hpp"
#include "daemon/statements.hpp"

namespace tromp {
namespace {

// A whole table may be summed up before the first answer comes.
constexpr std::chrono::minutes patience_at_first_contact{10};

}  // namespace

pg::asio::awaitable<Meeting> meet(Flow& flow) {
    Meeting meeting;
    meeting.open_statements = co_await retry_statements(flow);
    co_await run_statements_before(flow);
    const auto fit = co_await agree(flow.source, flow.target, flow.from, flow.reader);
    flow.pairs = fit.pairs;
    auto misfits = fit.misfits;
    co_await hold_until_read(flow, misfits);
    co_await forget_comparisons(flow);
    meeting.waits = co_await greet(flow);
    if (!meeting.waits.empty()) co_return meeting;
    const auto limit = flow.source.silence_limit();
    flow.source.set_silence_limit(patience_at_first_contact);
    const auto different = co_await first_contact(flow);
    misfits.insert(misfits.end(), different.begin(), different.end());
    co_await hold_for_statements(flow, misfits);
    for (const auto& misfit : misfits)
        flow.pairs.erase(misfit.id);
    co_await hold_tables(flow, misfits, fit.numbers());
    co_await drop_comparisons(flow);
    co_await note_lacking(flow);
    co_await recheck_unlocked(flow.target, flow.from.node);
    flow.source.set_silence_limit(limit);
    meeting.any_held = meeting.open_statements > 0 || !misfits.empty();
    co_return meeting;
}

}  // namespace tromp
