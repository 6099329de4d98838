#include "tests/chaos/faults.hpp"

#include <algorithm>
#include <thread>

#include "tests/chaos/fault_kinds.hpp"

namespace tromp::test {
namespace {

std::size_t number_of(World& world, FaultTarget target) {
    switch (target) {
        case FaultTarget::link:
            return 2 * world.links().size();
        case FaultTarget::server:
            return world.clusters().size();
        case FaultTarget::daemon:
        case FaultTarget::database:
            return world.nodes().size();
    }
    return 0;
}

}  // namespace

std::vector<std::string> fault_names() {
    std::vector<std::string> names;
    for (const auto& kind : fault_kinds()) {
        if (!kind.only_asked_for) names.push_back(kind.name);
    }
    return names;
}

void FaultRunner::run() {
    const auto start = Clock::now();
    const auto finish = start + world_.plan().lasts;
    for (auto next = world_.plan().faults.begin(); Clock::now() < finish;) {
        const bool more = next != world_.plan().faults.end();
        auto turn = more ? std::min(finish, start + next->at) : finish;
        for (const auto& active : active_)
            turn = std::min(turn, active.until);
        std::this_thread::sleep_until(turn);
        const auto now = Clock::now();
        end_due(now);
        if (more && start + next->at <= now) begin(*next++);
    }
}

void FaultRunner::begin(const FaultPlan& fault) {
    const auto& kinds = fault_kinds();
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& one) { return one.name == fault.name; });
    const Target target{static_cast<int>(kind->target), fault.target % number_of(world_, kind->target)};
    const bool taken =
        std::any_of(active_.begin(), active_.end(), [&](const auto& one) { return one.target == target; });
    if (taken) return;
    try {
        auto end = kind->begin(world_, target.second, fault.amount);
        if (!end) return;
        active_.push_back({target, Clock::now() + fault.lasts, std::move(end)});
        ++done_[fault.name];
    } catch (const SqlError&) {  // the server is in trouble already
    }
}

void FaultRunner::end_due(Clock::time_point now) {
    for (auto active = active_.begin(); active != active_.end();) {
        if (active->until > now) {
            ++active;
            continue;
        }
        const auto end = std::move(active->end);
        active = active_.erase(active);
        end();
    }
}

void FaultRunner::heal() {
    end_due(Clock::time_point::max());
    for (auto& made : world_.clusters()) {
        if (!made.clock) continue;
        // libfaketime takes a lock and memory in PostgreSQL's signal handlers: a session was seen to hang for ever,
        // deaf to SIGTERM, and another to break its heap. All clocks are right from now on, so it is not needed.
        made.cluster->kill_all();
        made.cluster->clear_environment();
        made.cluster->start();
    }
}

int FaultRunner::total() const {
    int sum = 0;
    for (const auto& [name, count] : done_)
        sum += count;
    return sum;
}

}  // namespace tromp::test
