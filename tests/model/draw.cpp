#include "tests/model/draw.hpp"

namespace tromp::model {

Strengths draw_strengths(Resolver resolver, int node, Draw& draw) {
    switch (resolver) {
        case Resolver::last_update_wins:
            return {0, 0};
        case Resolver::delete_wins:
            return {0, 1};
        case Resolver::node_priority:
            return {-1.0 * node, -1.0 * node};
        case Resolver::random:
            break;
    }
    const auto strength = static_cast<double>(draw.below(4));
    return {strength, strength};
}

Xid draw_open(const Node& node, Draw& draw) {
    std::vector<Xid> users;
    for (const auto& [xid, transaction] : node.open) {
        bool of_daemon = false;
        for (const auto& link : node.links)
            of_daemon = of_daemon || (link.second.incoming && link.second.incoming->xid == xid);
        if (!of_daemon) users.push_back(xid);
    }
    return users.empty() ? 0 : users[draw.below(users.size())];
}

}  // namespace tromp::model
