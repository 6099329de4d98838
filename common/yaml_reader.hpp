#pragma once

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/diagnostics.hpp"

/// Reading a YAML document against a known shape: every mistake becomes a diagnostic and reading goes on.
/// A reader is a callable `std::optional<T>(const Value&)` that has reported why when it returns nothing.
namespace tromp::yaml {

/// Text in quotes for a message, shortened, on one line; not the text itself when it could hold a password.
std::string shown(std::string_view text);

/// One value of the document, with what messages call it. Refers to the diagnostics, which must live longer.
class Value {
  public:
    Value(const YAML::Node& node, std::string label, Diagnostics& diagnostics)
        : Value(node, std::move(label), diagnostics, node.Mark()) {}
    /// At a place of its own: an absent value has none that would help.
    Value(const YAML::Node& node, std::string label, Diagnostics& diagnostics, const YAML::Mark& place)
        : node_(node), label_(std::move(label)), diagnostics_(&diagnostics), place_(place) {}

    const YAML::Node& node() const noexcept { return node_; }
    const std::string& label() const noexcept { return label_; }
    Diagnostics& diagnostics() const noexcept { return *diagnostics_; }
    int line() const noexcept { return place_.line + 1; }

    /// Reports at this place.
    void error(std::string message) const;
    /// Reports "'label' is ...; it must be `expected`".
    void must_be(std::string_view expected) const;
    /// The text of a scalar; reports anything else, and an empty one.
    std::optional<std::string> text(std::string_view expected) const;

  private:
    YAML::Node node_;
    std::string label_;
    Diagnostics* diagnostics_;
    YAML::Mark place_;
};

/// A mapping whose keys are known: the ones asked for. Ask for all of them, then call finish().
/// No value at all is the same as an empty mapping, so that a section can be commented out below its name.
class Section {
  public:
    /// Reports a value that is not a mapping, keys given twice (the first counts) and keys that are no text.
    explicit Section(const Value& value);

    /// False when the value is neither a mapping nor empty.
    bool valid() const noexcept { return valid_; }

    std::optional<Value> find(std::string_view key);

    /// Leaves `into` alone when the key is absent or its value wrong. True when a value was stored.
    template <class T, class Reader>
    bool optional(std::string_view key, T& into, const Reader& reader) {
        const auto value = find(key);
        if (!value) return false;
        auto result = reader(*value);
        if (!result) return false;
        into = std::move(*result);
        return true;
    }

    /// The same, and finish() reports an absent key with `hint`, what to write.
    template <class T, class Reader>
    bool required(std::string_view key, std::string_view hint, T& into, const Reader& reader) {
        if (valid_ && !has(key)) missing_.emplace_back(key, hint);
        return optional(key, into, reader);
    }

    /// Reports the keys nobody asked for, with the nearest known one, and the missing ones.
    void finish() const;

    /// For mappings whose keys are the user's names: every key with its value, in the order of the file.
    const std::vector<std::pair<Value, Value>>& entries() const noexcept { return entries_; }

  private:
    bool has(std::string_view key) const;

    Value value_;
    bool valid_{};
    std::vector<std::pair<Value, Value>> entries_;
    std::vector<std::string> known_;
    std::vector<std::pair<std::string, std::string>> missing_;  // key, hint
};

/// The items of a list; reports anything else. No value at all is an empty list.
std::optional<std::vector<Value>> items(const Value& value, std::string_view expected);

/// true or false.
std::optional<bool> boolean(const Value& value);

/// A reader of whole numbers from `min` to `max`; `note` follows the range in the message.
template <std::integral T>
auto integer(T min, T max, std::string_view note = {}) {
    return [min, max, note](const Value& value) -> std::optional<T> {
        const std::string expected = "a whole number from " + std::to_string(min) + " to " + std::to_string(max) +
                                     (note.empty() ? "" : " " + std::string(note));
        const auto text = value.text(expected);
        if (!text) return std::nullopt;
        T number{};
        const char* const end = text->data() + text->size();
        const auto [rest, error] = std::from_chars(text->data(), end, number);
        if (error == std::errc{} && rest == end && number >= min && number <= max) return number;
        value.must_be(expected);
        return std::nullopt;
    };
}

/// A reader of names that stand for the values of an enum.
template <class T>
auto one_of(std::initializer_list<std::pair<const char*, T>> names) {
    return [names = std::vector(names)](const Value& value) -> std::optional<T> {
        std::string expected;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (i > 0) expected += i + 1 == names.size() ? " or " : ", ";
            expected += names[i].first;
        }
        const auto text = value.text(expected);
        if (!text) return std::nullopt;
        for (const auto& [name, result] : names) {
            if (*text == name) return result;
        }
        value.must_be(expected);
        return std::nullopt;
    };
}

}  // namespace tromp::yaml
