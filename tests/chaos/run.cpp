#include "tests/chaos/run.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/chaos/fault_kinds.hpp"
#include "tests/chaos/faults.hpp"
#include "tests/chaos/held_rows.hpp"
#include "tests/chaos/writer.hpp"

namespace tromp::test {
namespace {

class Run {
  public:
    Run(const Plan& plan, World& world, RunReport& report) : plan_(plan), world_(world), report_(report) {}

    void write_under_faults() {
        make_writers();
        FaultRunner faults(world_);
        std::atomic<bool> time_is_up = false;
        {
            std::vector<std::jthread> threads;
            for (auto& writer : writers_)
                threads.emplace_back([&writer, &time_is_up] { writer.run(time_is_up); });
            const struct Stop {
                std::atomic<bool>& flag;
                ~Stop() { flag = true; }
            } stop{time_is_up};
            faults.run();
            faults.heal();
        }
        report_.faults = static_cast<std::size_t>(faults.total());
        for (const auto& [name, count] : faults.done())
            report_.faults_by_name += (report_.faults_by_name.empty() ? "" : ", ") + name + " " + std::to_string(count);
        for (const auto& node : world_.nodes()) {
            if (!node->is_running())
                fail("the daemon of " + node->name() + " ended by itself:\n" + tail(node->log(), 5));
        }
    }

    void check() {
        History history;
        for (const auto& writer : writers_) {
            if (!writer.error().empty()) fail(writer.error());
            report_.operations += writer.operations();
            report_.truncates += writer.truncates();
            report_.transactions += writer.attempts().size();
            history.attempts.insert(history.attempts.end(), writer.attempts().begin(), writer.attempts().end());
        }
        world_.end_prepared();
        make_tables_fit(world_);
        const auto unrest = world_.quiesce();
        if (!unrest.empty()) fail("not quiet: " + unrest);
        history.true_clocks = std::none_of(plan_.clusters.begin(), plan_.clusters.end(),
                                           [](const ClusterPlan& cluster) { return cluster.own_clock; });
        look(history);
        report_.violations = tromp::test::check(history);
        for (const auto& state : history.nodes)
            report_.held_to_the_end += state.held.size();
        if (report_.held_to_the_end == 0 || !report_.ok()) return;
        decide_held_rows(world_, history);
        look(history);
        report_.violations = tromp::test::check(history);
    }

  private:
    void make_writers() {
        writers_.reserve(plan_.writers.size());
        for (std::size_t index = 0; index < plan_.writers.size(); ++index) {
            const auto& writer = plan_.writers[index];
            auto& node = *world_.nodes().at(writer.node);
            const bool prepares = plan_.clusters.at(plan_.nodes.at(writer.node).cluster).prepares;
            writers_.emplace_back(writer, node.name() + std::to_string(index), node.number(), node.conninfo(),
                                  prepares);
        }
    }

    void look(History& history) {
        history.nodes.clear();
        report_.conflicts = 0;
        for (auto& node : world_.nodes()) {
            const auto& state = history.nodes.emplace_back(world_.state(*node));
            report_.conflicts += state.conflicts.size();
        }
        report_.held = world_.held_in_all();
    }

    void fail(const std::string& what) { report_.failures.push_back(what); }

    const Plan& plan_;
    World& world_;
    RunReport& report_;
    std::vector<Writer> writers_;
};

void keep(World& world, const RunReport& report) {
    const char* const directory = std::getenv("TROMP_CHAOS_KEEP");
    if (directory == nullptr || (report.ok() && std::getenv("TROMP_CHAOS_KEEP_ALL") == nullptr)) return;
    const auto dir = std::filesystem::path(directory) / std::to_string(report.seed);
    std::filesystem::create_directories(dir);
    std::ofstream(dir / "verdict.txt") << line(report) << "\n" << complaints(report) << std::flush;
    try {
        world.keep(dir);
    } catch (const SqlError& error) {  // a server that is down keeps its tables to itself
        std::ofstream(dir / "missing.txt") << error.what() << "\n";
    }
}

}  // namespace

bool RunReport::has(Violation::Kind kind) const {
    return std::any_of(violations.begin(), violations.end(),
                       [&](const Violation& violation) { return violation.kind == kind; });
}

RunReport carry_out(const Plan& plan, const std::function<void(World&)>& sabotage) {
    RunReport report{.seed = plan.seed, .nodes = plan.nodes.size()};
    World world(plan);
    Run run(plan, world, report);
    try {
        if (sabotage) {
            world.quiesce();  // the links stand, and nobody compares the tables any more
            sabotage(world);
        }
        run.write_under_faults();
        run.check();
    } catch (const std::exception& error) {
        report.failures.emplace_back(error.what());
    }
    keep(world, report);
    return report;
}

std::string line(const RunReport& report) {
    std::ostringstream text;
    text << "seed " << report.seed << ": " << report.nodes << " nodes, " << report.transactions << " transactions, "
         << report.operations << " operations, " << report.truncates << " truncates, " << report.faults << " faults"
         << (report.faults > 0 ? " (" + report.faults_by_name + ")" : "") << ", " << report.held << " held ("
         << report.held_to_the_end << " to the end), " << report.conflicts
         << " conflicts: " << (report.ok() ? "ok" : "FAILED");
    return text.str();
}

std::string complaints(const RunReport& report) {
    std::string text;
    for (const auto& failure : report.failures)
        text += failure + "\n";
    for (const auto& violation : report.violations)
        text += std::string(name(violation.kind)) + ": " + violation.text + "\n";
    return text;
}

}  // namespace tromp::test
