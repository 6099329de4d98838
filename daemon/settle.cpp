#include "daemon/settle.hpp"

#include "common/fault.hpp"
#include "daemon/held.hpp"
#include "daemon/objects.hpp"
#include "daemon/resolve.hpp"
#include "daemon/retry.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sql/embedded.hpp>

#include <bit>

namespace tromp {
namespace {

namespace asio = boost::asio;

/// Users who hold a row this long make the batch begin again from the pull, so that its transaction here ends.
constexpr std::chrono::seconds patience_with_locks{30};

/// Lets him finish who waits for the locks that we just gave back.
constexpr std::chrono::milliseconds courtesy{20};

/// Users who lock the same rows in another order, and the batches of other neighbours, would make us give way for ever.
/// So now and then we wait for them before we lock any row, and they for us: locks that keep both away are awaited
/// while we hold nothing that they could wait for. Less and less often, since it keeps all of them waiting for one who
/// does not come to an end.
bool comes_first(unsigned times_given_way) {
    constexpr unsigned often = 4;
    return times_given_way >= often && std::has_single_bit(times_given_way);
}

/// One batch, from its stage to the point where every key is settled.
class Settlement {
  public:
    Settlement(pg::Connection& target, int source, const TablePairs& pairs, const Staged& staged,
               const Reading& read_of_us, const Terms& terms)
        : target_(target), source_(source), pairs_(pairs), staged_(staged), read_of_us_(read_of_us), terms_(terms) {}

    /// Tells whether rows are held in this database.
    asio::awaitable<bool> lock_and_look(Manner manner) {
        co_await lock_rows(target_, pairs_, staged_, manner);
        co_await fault_point("apply.locked", source_);
        auto seen = co_await look_well();
        if (seen.any_shared) {
            any_shared_ = true;
            const auto absent = co_await weigh_shared(target_, source_, pairs_, staged_, read_of_us_);
            if (absent > 0) {
                co_await keep_batches_away(target_);
                seen = co_await look_well();
                if (seen.any_shared) co_await weigh_shared(target_, source_, pairs_, staged_, read_of_us_);
            }
        }
        co_await weigh_differences(target_, pairs_, staged_, terms_);
        co_await fault_point("apply.looked", source_);
        co_return seen.any_held;
    }

    /// A round; what it leaves is for the next one.
    asio::awaitable<Merged> round(Manner manner, bool comes_first) {
        if (comes_first) co_await come_first(target_, pairs_, staged_);
        if (manner == Manner::singly) co_await stage_held(target_, pairs_, staged_);
        const bool any_held = co_await lock_and_look(manner);
        co_await note_objects(target_, pairs_, staged_);
        auto merged = co_await merge(target_, source_, pairs_, staged_, manner);
        co_await fault_point("apply.merged", source_);
        if (merged == Merged::all && any_held && manner != Manner::singly) merged = Merged::held_left;
        co_return merged;
    }

    bool any_shared() const { return any_shared_; }

  private:
    asio::awaitable<Seen> look_well() {
        for (;;) {
            const auto seen = co_await look(target_, source_, read_of_us_);
            if (seen.late == 0) co_return seen;
            const auto locked = co_await lock_late_rows(target_, pairs_, staged_);
            if (locked == 0) co_return seen;
        }
    }

    pg::Connection& target_;
    int source_;
    const TablePairs& pairs_;
    const Staged& staged_;
    const Reading& read_of_us_;
    const Terms& terms_;
    bool any_shared_ = false;
};

}  // namespace

asio::awaitable<bool> settle(pg::Connection& target, int source, const TablePairs& pairs, const Staged& staged,
                             const Reading& read_of_us, const Terms& terms, Manner manner) {
    Settlement settlement(target, source, pairs, staged, read_of_us, terms);
    const auto give_up = pg::Clock::now() + patience_with_locks;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    unsigned times_given_way = 0;
    bool holds_rows = false;  // of rounds that are done: no time for a long wait
    co_await target.query("SAVEPOINT staged");
    for (;;) {
        auto merged = Merged::overtaken;
        std::string in_the_way;
        bool refused = false;
        try {
            merged = co_await settlement.round(manner, !holds_rows && comes_first(times_given_way));
        } catch (const pg::SqlError& error) {
            refused = is_refusal(error.sqlstate()) && manner != Manner::singly;
            if (!refused && (!is_contention(error.sqlstate()) || pg::Clock::now() > give_up)) throw;
            if (!refused) in_the_way = error.what();
        }
        if (merged == Merged::all) break;
        const bool settled_some = merged == Merged::held_left || (merged == Merged::short_ && manner != Manner::quick);
        if (merged == Merged::held_left) co_await target.query("UPDATE pg_temp.decision SET settled = true");
        co_await target.query(settled_some ? "RELEASE SAVEPOINT staged; SAVEPOINT staged"
                                           : "ROLLBACK TO SAVEPOINT staged");
        holds_rows = holds_rows || settled_some;
        if (refused || merged == Merged::held_left) {
            manner = Manner::singly;
        } else if (manner == Manner::quick) {
            manner = Manner::careful;
        }
        if (in_the_way.empty()) continue;
        ++times_given_way;
        timer.expires_after(courtesy);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_await keep_held(target, source, pairs, staged);
    co_return settlement.any_shared();
}

}  // namespace tromp
