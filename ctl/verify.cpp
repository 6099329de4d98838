#include <algorithm>
#include <ostream>

#include "ctl/command.hpp"
#include "ctl/interrupt.hpp"
#include "ctl/neighbours.hpp"
#include "ctl/progress.hpp"
#include "ctl/verify_link.hpp"
#include "ctl/verify_text.hpp"
#include "ctl/wanted_table.hpp"

namespace tromp::ctl {
namespace {

/// Those to compare with: the one that was named, or all that can be reached from here.
std::vector<const Neighbour*> chosen(Context& context, const std::optional<std::string>& word) {
    constexpr auto instead = "run trompctl verify there";
    const auto& config = context.config;
    if (word) return {&reachable_neighbour(config, find_neighbour(*word, neighbours_of(config)).node, instead)};
    std::vector<const Neighbour*> neighbours;
    for (const auto& neighbour : config.neighbours) {
        if (neighbour.database) {
            neighbours.push_back(&neighbour);
        } else {
            const NodeName name{neighbour.node, neighbour.name};
            context.err << "note: " << to_string(name) << " has no `database`, so it is left out; " << instead << "\n";
        }
    }
    if (neighbours.empty())
        throw Error("there is no neighbour to compare with: none in " + config.file + " has a `database`", Exit::usage);
    return neighbours;
}

/// A difference is known for certain, whoever else cannot be reached.
Exit exit_of(const std::vector<LinkVerdict>& verdicts) {
    Exit exit = Exit::done;
    for (const auto& verdict : verdicts) {
        const auto& tables = verdict.tables;
        const bool equal =
            std::all_of(tables.begin(), tables.end(), [](const auto& table) { return table.is_equal(); });
        if (!equal || (!verdict.error.empty() && !verdict.unreachable)) return Exit::no;
        if (verdict.unreachable) exit = Exit::unreachable;
    }
    return exit;
}

asio::awaitable<Exit> verify(Context& context, std::vector<const Neighbour*> neighbours,
                             std::optional<TablePattern> wanted) {
    Progress progress(context.err, errors_go_to_terminal());
    std::vector<LinkVerdict> verdicts;
    for (const auto* const neighbour : neighbours) {
        auto verdict = co_await verify_link(context, *neighbour, wanted, progress);
        if (!context.json) context.out << verify_text(verdict) << std::flush;
        if (!verdict.error.empty()) context.err << "trompctl: " << verdict.error << "\n";
        verdicts.push_back(std::move(verdict));
    }
    if (context.json) context.out << verify_json(verdicts) << "\n";
    co_return exit_of(verdicts);
}

}  // namespace

asio::awaitable<Exit> run_verify(Context& context) {
    auto wanted = wanted_table(context.arguments);
    const auto word = context.arguments.next();
    context.arguments.finish();
    auto neighbours = chosen(context, word);
    co_return co_await unless_interrupted(verify(context, std::move(neighbours), std::move(wanted)),
                                          "nothing was changed");
}

}  // namespace tromp::ctl
