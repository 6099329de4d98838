#include "tests/model/state.hpp"

namespace tromp::model {
namespace {

/// One byte for what is small, as nearly everything is.
void append(std::string& state, std::uint64_t number) {
    while (number >= 128) {
        state.push_back(static_cast<char>(number % 128 + 128));
        number /= 128;
    }
    state.push_back(static_cast<char>(number));
}

void append(std::string& state, const Snapshot& snapshot) {
    append(state, snapshot.xmax);
    append(state, snapshot.xip.size());
    for (const auto xid : snapshot.xip)
        append(state, xid);
}

void append(std::string& state, const Image& row) {
    append(state, static_cast<std::uint64_t>(2 * (row.made_by + 1) + (row.present ? 1 : 0)));
}

/// Numbers the nodes as they are, or from the other end.
struct Numbering {
    int nodes = 0;
    bool mirrored = false;
    std::uint64_t operator()(int number) const {
        return static_cast<std::uint64_t>(mirrored ? nodes + 1 - number : number);
    }
};

void append(std::string& state, const Events& events, const Numbering& numbering) {
    append(state, events.size());
    for (const auto& event : events) {
        append(state, static_cast<std::uint64_t>(event.place.ord));
        append(state, static_cast<std::uint64_t>(event.place.id));
        append(state, event.xid);
        append(state, numbering(event.via));
        append(state, numbering(event.tag.origin));
        append(state, static_cast<std::uint64_t>(event.tag.number));
        append(state, static_cast<std::uint64_t>(event.tag.strength - weakest));
        state.push_back(event.action);
    }
}

void append(std::string& state, const Link& link, const Numbering& numbering) {
    append(state, link.position);
    append(state, link.acknowledged.value_or(Snapshot{0, {}}));
    append(state, link.unlocked.size());
    append(state, link.incoming ? 1 : 0);
    if (!link.incoming) return;
    const auto& batch = link.incoming->batch;
    append(state, batch.position);
    append(state, batch.read_of_us);
    append(state, batch.items.size());
    for (const auto& item : batch.items) {
        append(state, item.row);
        append(state, item.offer.steps, numbering);
    }
    append(state, batch.truncate ? Events{*batch.truncate} : Events{}, numbering);
    append(state, batch.gone.size());
    for (const auto& gone : batch.gone)
        append(state, gone.row);
}

void append(std::string& state, const Node& node, const Numbering& numbering) {
    append(state, static_cast<std::uint64_t>(node.next_id));
    append(state, node.next_xid());
    for (const auto& row : node.rows)
        append(state, row);
    for (const auto& log : node.logs)
        append(state, log, numbering);
    append(state, node.truncates, numbering);
    if (numbering.mirrored) {
        for (auto link = node.links.rbegin(); link != node.links.rend(); ++link)
            append(state, link->second, numbering);
    } else {
        for (const auto& link : node.links)
            append(state, link.second, numbering);
    }
}

}  // namespace

std::string state_of(const World& world, bool mirrored) {
    const Numbering numbering{static_cast<int>(world.size()), mirrored};
    std::string state;
    for (std::size_t node = 0; node < world.size(); ++node)
        append(state, world[mirrored ? world.size() - 1 - node : node], numbering);
    std::vector<int> numbers;
    for (int number = 1; number <= numbering.nodes; ++number)
        numbers.push_back(mirrored ? numbering.nodes + 1 - number : number);
    std::vector<int> words;
    world.ledger().append_to(words, numbers);
    for (const auto word : words)
        append(state, static_cast<std::uint64_t>(word));
    return state;
}

}  // namespace tromp::model
