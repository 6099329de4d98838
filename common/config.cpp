#include "common/config.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "common/config_values.hpp"
#include "common/units.hpp"
#include "common/yaml_document.hpp"

namespace tromp {
namespace {

constexpr std::uint64_t most_batch_rows = 100000000;

std::optional<Direction> read_direction(const yaml::Value& value) {
    return yaml::one_of<Direction>({{"pull", Direction::pull}, {"both", Direction::both}})(value);
}

std::optional<OnSkew> read_on_skew(const yaml::Value& value) {
    return yaml::one_of<OnSkew>({{"warn", OnSkew::warn}, {"stop", OnSkew::stop}})(value);
}

std::optional<Retry> read_retry(const yaml::Value& value) {
    Retry retry;
    yaml::Section section(value);
    const std::size_t before = value.diagnostics().size();
    section.optional("first", retry.first, read_duration);
    section.optional("max", retry.max, read_duration);
    if (value.diagnostics().size() == before && retry.first > retry.max) {
        value.error("'first' (" + format_duration(retry.first) + ") is longer than 'max' (" +
                    format_duration(retry.max) + "); give the shorter one as 'first'");
    }
    section.finish();
    return retry;
}

/// Checks also what must differ between the nodes of a file.
class NeighbourReader {
  public:
    NeighbourReader(const Config& own, int max_nodes) : own_(own), max_nodes_(max_nodes) {}

    Neighbour operator()(const yaml::Value& value) {
        Neighbour neighbour;
        yaml::Section section(value);
        section.required("node", "give the neighbour's number, such as 'node: 1'", neighbour.node,
                         yaml::integer<int>(1, max_nodes_, "(max_nodes)"));
        section.optional("name", neighbour.name, read_node_name);
        section.optional("database", neighbour.database, read_conninfo);
        section.optional("direction", neighbour.direction, read_direction);
        section.optional("poll_interval", neighbour.poll_interval, read_duration);
        section.optional("retry", neighbour.retry, read_retry);
        if (const auto direction = section.find("direction");
            neighbour.direction == Direction::both && !section.find("database")) {
            direction->error("'direction' is 'both' without a 'database' to connect to; add 'database', or take pull");
        }
        section.finish();

        if (neighbour.name.empty() && neighbour.node != 0) neighbour.name = default_node_name(neighbour.node);
        check_node(section.find("node").value_or(value), neighbour.node);
        check_name(section.find("name").value_or(value), neighbour.name);
        return neighbour;
    }

    static std::string default_node_name(int node) { return "node-" + std::to_string(node); }

  private:
    void check_node(const yaml::Value& value, int node) {
        if (node == 0) return;
        const std::string number = std::to_string(node);
        if (node == own_.node) {
            value.error("node " + number + " is this node itself; give the neighbour's number");
        } else if (const auto [first, is_new] = node_lines_.emplace(node, value.line()); !is_new) {
            value.error("duplicate neighbour: node " + number + " is already on line " + std::to_string(first->second) +
                        "; give each neighbour once");
        } else {
            return;
        }
        // A repeated number repeats its default name; that is not a second mistake.
        default_name_known_wrong_ = default_node_name(node);
    }

    void check_name(const yaml::Value& value, const std::string& name) {
        if (name.empty() || name == std::exchange(default_name_known_wrong_, {})) return;
        if (name == own_.name) {
            value.error("neighbour name '" + name + "' is this node's own name; give each node a name of its own");
        } else if (const auto [first, is_new] = name_lines_.emplace(name, value.line()); !is_new) {
            value.error("duplicate neighbour name '" + name + "', already on line " + std::to_string(first->second) +
                        "; give each node a name of its own");
        }
    }

    const Config& own_;
    int max_nodes_;
    std::map<int, int> node_lines_;
    std::map<std::string, int> name_lines_;
    std::string default_name_known_wrong_;
};

std::optional<std::vector<std::string>> read_tables(const yaml::Value& value) {
    const auto list = yaml::items(value, "a list of schema-qualified names or patterns, such as [public.*]");
    if (!list) return std::nullopt;
    std::vector<std::string> tables;
    for (const yaml::Value& item : *list) {
        if (auto pattern = read_table_pattern(item)) tables.push_back(std::move(*pattern));
    }
    return tables;
}

std::optional<Batch> read_batch(const yaml::Value& value) {
    Batch batch;
    yaml::Section section(value);
    section.optional("max_rows", batch.max_rows, yaml::integer<std::uint64_t>(1, most_batch_rows));
    section.finish();
    return batch;
}

std::optional<std::string> read_log(const yaml::Value& value) {
    std::string level = Config{}.log_level;
    yaml::Section section(value);
    section.optional("level", level, read_log_level);
    section.finish();
    return level;
}

std::optional<Limits> read_limits(const yaml::Value& value) {
    Limits limits;
    yaml::Section section(value);
    section.optional("stale_after", limits.stale_after, read_duration);
    section.optional("stale_log", limits.stale_log, read_size);
    section.optional("max_clock_skew", limits.max_clock_skew, read_duration);
    section.optional("on_clock_skew", limits.on_clock_skew, read_on_skew);
    section.finish();
    return limits;
}

std::optional<Control> read_control(const yaml::Value& value) {
    Control control;
    yaml::Section section(value);
    section.optional("socket", control.socket, read_socket);
    section.optional("listen", control.listen, read_listen);
    section.finish();
    return control;
}

std::optional<Ddl> read_ddl(const yaml::Value& value) {
    Ddl ddl;
    yaml::Section section(value);
    section.optional("capture", ddl.capture, yaml::boolean);
    section.optional("apply", ddl.apply, yaml::boolean);
    section.finish();
    return ddl;
}

std::optional<std::map<std::string, std::vector<std::string>>> read_large_objects(const yaml::Value& value) {
    constexpr std::string_view expected = "a list of column names, such as [lo]";
    std::map<std::string, std::vector<std::string>> columns_of;
    const yaml::Section section(value);
    for (const auto& [key, list] : section.entries()) {
        const auto table = read_table_name(key);
        const auto columns = yaml::items(list, expected);
        if (columns && columns->empty()) list.must_be(expected);
        if (!table || !columns) continue;
        const auto [place, is_new] = columns_of.try_emplace(*table);
        if (!is_new) key.error("table " + *table + " is here twice, spelt differently; list its columns once");
        for (const yaml::Value& column : *columns) {
            if (auto name = column.text("a column name")) place->second.push_back(std::move(*name));
        }
    }
    return columns_of;
}

}  // namespace

Config parse_config(const std::string& text, const std::string& file_name) {
    Diagnostics diagnostics(file_name);
    const auto document = yaml::load(text, diagnostics);
    diagnostics.throw_if_any();
    const yaml::Value root(*document, "the file", diagnostics);

    Config config;
    config.file = file_name;
    yaml::Section section(root);
    section.optional("max_nodes", config.max_nodes, yaml::integer<int>(1, most_nodes));
    // An unusable max_nodes is one mistake; the numbers are then checked against the loosest.
    const int max_nodes = diagnostics.size() == 0 ? config.max_nodes : most_nodes;
    section.required("node", "give this node's number, such as 'node: 2'", config.node,
                     yaml::integer<int>(1, max_nodes, "(max_nodes)"));
    section.optional("name", config.name, read_node_name);
    if (config.name.empty() && config.node != 0) config.name = NeighbourReader::default_node_name(config.node);
    section.required("database", "give this node's own one, such as 'database: host=/run/postgresql dbname=calendar'",
                     config.database, read_conninfo);
    section.optional("tables", config.tables, read_tables);
    section.optional("neighbours", config.neighbours,
                     [&](const yaml::Value& value) -> std::optional<std::vector<Neighbour>> {
                         const auto list = yaml::items(value, "a list of neighbours, each as '- node: 1'");
                         if (!list) return std::nullopt;
                         NeighbourReader read(config, max_nodes);
                         std::vector<Neighbour> neighbours;
                         for (const yaml::Value& item : *list) {
                             neighbours.push_back(read(item));
                         }
                         return neighbours;
                     });
    section.optional("conflicts", config.conflicts,
                     [&](const yaml::Value& value) { return read_conflicts(value, max_nodes); });
    section.optional("batch", config.batch, read_batch);
    section.optional("log", config.log_level, read_log);
    section.optional("limits", config.limits, read_limits);
    section.optional("control", config.control, read_control);
    section.optional("ddl", config.ddl, read_ddl);
    section.optional("large_objects", config.large_objects, read_large_objects);
    section.finish();
    diagnostics.throw_if_any();
    return config;
}

Config load_config(const std::string& file) {
    const auto unreadable = [&](int error) -> ConfigError {
        return ConfigError({{file, 0, 0, std::string("cannot read the file: ") + std::strerror(error)}});
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "re"), &std::fclose);
    if (!stream) throw unreadable(errno);
    std::string text;
    char buffer[8192];
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, stream.get())) {
        text.append(buffer, count);
    }
    if (std::ferror(stream.get()) != 0) throw unreadable(errno);
    return parse_config(text, file);
}

}  // namespace tromp
