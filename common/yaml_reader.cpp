#include "common/yaml_reader.hpp"

#include <algorithm>
#include <utility>

#include "common/nearest.hpp"

namespace tromp::yaml {
namespace {

constexpr std::size_t shown_length = 60;

std::string describe(const YAML::Node& node) {
    if (node.IsMap()) return "a mapping";
    if (node.IsSequence()) return node.size() == 0 ? "an empty list" : "a list";
    if (!node.IsScalar() || node.Scalar().empty()) return "empty";
    return shown(node.Scalar());
}

}  // namespace

std::string shown(std::string_view text) {
    // Connection strings end up in the wrong place easily, and they may hold a password.
    const bool secret = text.find('=') != std::string_view::npos || text.find("://") != std::string_view::npos;
    if (secret) return "(not shown, it may hold a password)";
    std::string result = "'";
    for (const char c : text.substr(0, shown_length)) {
        result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
    if (text.size() > shown_length) result += "...";
    return result + "'";
}

void Value::error(std::string message) const {
    diagnostics_->add(place_.line + 1, place_.column + 1, std::move(message));
}

void Value::must_be(std::string_view expected) const {
    error(label_ + " is " + describe(node_) + "; it must be " + std::string(expected));
}

std::optional<std::string> Value::text(std::string_view expected) const {
    if (node_.IsScalar()) {
        const std::string& tag = node_.Tag();
        const bool tagged = tag.size() > 1 && tag.front() == '!';
        // YAML takes !public.cache_* for a tag without content; the user means the text.
        if (tagged && node_.Scalar().empty()) return tag;
        if (tagged) {
            error(label_ + " begins with !; put the whole value in single quotes");
            return std::nullopt;
        }
        if (!node_.Scalar().empty()) return node_.Scalar();
    }
    must_be(expected);
    return std::nullopt;
}

Section::Section(const Value& value) : value_(value), valid_(value.node().IsMap() || value.node().IsNull()) {
    if (!valid_) {
        value.must_be("a mapping of the form 'key: value'");
        return;
    }
    if (value.node().IsNull()) return;
    for (const auto& entry : value.node()) {
        const Value key(entry.first, value.label(), value.diagnostics());
        if (!entry.first.IsScalar() || entry.first.Scalar().empty()) {
            key.error("a key is " + describe(entry.first) + "; it must be a name");
            continue;
        }
        const std::string& name = entry.first.Scalar();
        const auto same = [&](const auto& other) { return other.first.node().Scalar() == name; };
        const auto first = std::find_if(entries_.begin(), entries_.end(), same);
        if (first != entries_.end()) {
            key.error("duplicate key " + shown(name) + "; it is already on line " +
                      std::to_string(first->first.line()));
            continue;
        }
        const YAML::Mark place = entry.second.IsNull() ? entry.first.Mark() : entry.second.Mark();
        entries_.emplace_back(key, Value(entry.second, shown(name), value.diagnostics(), place));
    }
}

bool Section::has(std::string_view key) const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const auto& entry) { return entry.first.node().Scalar() == key; });
}

std::optional<Value> Section::find(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
    for (const auto& [name, value] : entries_) {
        if (name.node().Scalar() == key) return value;
    }
    return std::nullopt;
}

void Section::finish() const {
    std::vector<std::string> meant;
    for (const auto& [key, value] : entries_) {
        const std::string& name = key.node().Scalar();
        if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
        std::string message = "unknown key " + shown(name) + "; ";
        if (const auto near = nearest(name, known_)) {
            message += "did you mean '" + *near + "'?";
            meant.push_back(*near);
        } else {
            message += "known here:";
            for (const std::string& known : known_) {
                message += (&known == &known_.front() ? " " : ", ") + known;
            }
        }
        key.error(std::move(message));
    }
    for (const auto& [key, hint] : missing_) {
        // A key that is only misspelt is one mistake, not two.
        if (std::find(meant.begin(), meant.end(), key) != meant.end()) continue;
        std::string message = "missing required key '";
        message.append(key).append("'; ").append(hint);
        value_.error(std::move(message));
    }
}

std::optional<std::vector<Value>> items(const Value& value, std::string_view expected) {
    std::vector<Value> result;
    if (value.node().IsNull()) return result;
    if (!value.node().IsSequence()) {
        value.must_be(expected);
        return std::nullopt;
    }
    for (const auto& item : value.node()) {
        result.emplace_back(item, "an item of " + value.label(), value.diagnostics());
    }
    return result;
}

std::optional<bool> boolean(const Value& value) {
    constexpr std::string_view expected = "true or false";
    if (!value.text(expected)) return std::nullopt;
    bool result{};
    if (YAML::convert<bool>::decode(value.node(), result)) return result;
    value.must_be(expected);
    return std::nullopt;
}

}  // namespace tromp::yaml
