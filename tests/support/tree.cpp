#include "tests/support/tree.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>

#include "tests/support/catch.hpp"

namespace tromp::test {
namespace {

std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
}

}  // namespace

Tree::Tree(std::size_t nodes, const std::vector<Edge>& edges, std::size_t diameter, const TreeOptions& options)
    : cluster_(std::make_unique<Cluster>(options.settings)), diameter_(diameter) {
    for (std::size_t index = 0; index < nodes; ++index) {
        const std::string name(1, static_cast<char>('a' + index));
        auto& node =
            *nodes_.emplace_back(std::make_unique<Node>(*cluster_, static_cast<int>(index) + 1, name, options.nodes));
        if (!options.schema.empty()) node.sql().exec(options.schema);
    }
    for (const auto& edge : edges) {
        LinkOptions link{.direction = options.direction};
        if (options.proxied) {
            link.via = proxies_.emplace(edge, std::make_unique<Proxy>(cluster_->port())).first->second.get();
        }
        Node& one = *nodes_[edge.first];
        Node& other = *nodes_[edge.second];
        other.link(one, link);
        if (options.direction == "both") link.database = false;
        link.direction = "pull";
        one.link(other, link);
    }
    if (!options.start) return;
    init_all();
    start_all();
}

Tree Tree::chain(std::size_t nodes, const TreeOptions& options) {
    std::vector<Edge> edges;
    for (std::size_t index = 1; index < nodes; ++index)
        edges.emplace_back(index - 1, index);
    return {nodes, edges, edges.size(), options};
}

Tree Tree::star(std::size_t nodes, const TreeOptions& options) {
    std::vector<Edge> edges;
    for (std::size_t index = 1; index < nodes; ++index)
        edges.emplace_back(0, index);
    return {nodes, edges, std::min<std::size_t>(edges.size(), 2), options};
}

void Tree::init_all() {
    for (auto& node : nodes_)
        node->init_ok();
}

void Tree::start_all() {
    for (auto& node : nodes_)
        node->start();
}

void Tree::stop_all() {
    for (auto& node : nodes_)
        node->stop();
}

Proxy& Tree::proxy(std::size_t one, std::size_t other) {
    return *proxies_.at(std::minmax(one, other));
}

void Tree::sync_all() {
    for (std::size_t round = 0; round < diameter_; ++round) {
        for (auto& node : nodes_) {
            const auto output = node->sync();
            if (output.exit_code == 0) continue;
            std::string logs;
            for (const auto& each : nodes_)
                logs += each->name() + ":\n" + tail(each->log(), 20) + "\n";
            FAIL("trompctl sync --wait at " << node->name() << ": " << output.out << output.err << logs);
        }
    }
}

void Tree::check_equal(const std::vector<std::string>& tables) {
    for (const auto& table : tables) {
        const auto expected = table_image(nodes_.front()->sql(), table);
        for (std::size_t index = 1; index < nodes_.size(); ++index) {
            const auto diff = small_diff(expected, table_image(nodes_[index]->sql(), table));
            INFO(table << ": < at " << nodes_.front()->name() << ", > at " << nodes_[index]->name() << "\n" << diff);
            CHECK(diff.empty());
        }
    }
}

std::string small_diff(const std::string& one, const std::string& other, std::size_t most) {
    const auto left = sorted_lines(one);
    const auto right = sorted_lines(other);
    std::vector<std::string> only_left;
    std::vector<std::string> only_right;
    std::set_difference(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(only_left));
    std::set_difference(right.begin(), right.end(), left.begin(), left.end(), std::back_inserter(only_right));
    std::string text;
    std::size_t shown = 0;
    const auto show = [&](const std::vector<std::string>& lines, const char* mark) {
        for (const auto& line : lines) {
            if (shown++ < most) text += mark + line + "\n";
        }
    };
    show(only_left, "< ");
    show(only_right, "> ");
    if (shown > most) text += "… and " + std::to_string(shown - most) + " more\n";
    return text;
}

}  // namespace tromp::test
