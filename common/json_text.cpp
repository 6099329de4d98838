#include "common/json_text.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>

namespace tromp {
namespace {

namespace json = boost::json;

std::string number_text(double number) {
    char buffer[512];
    const int length = std::snprintf(buffer, sizeof buffer, "%.6f", number);
    std::string text(buffer, static_cast<std::size_t>(length));
    while (text.ends_with('0') && !text.ends_with(".0"))
        text.pop_back();
    return text == "-0.0" ? "0.0" : text;
}

bool is_plain(const json::value& value) {
    if (const auto* object = value.if_object()) return object->empty();
    if (const auto* array = value.if_array()) return array->empty();
    return true;
}

std::string text_of(const json::value& value, std::size_t depth);

/// `members` between brackets, each on a line of its own unless they are short.
template <class Members, class Text>
std::string enclosed(char open, const Members& members, char close, bool on_one_line, std::size_t depth, Text text) {
    const std::string separator = on_one_line ? "" : "\n" + std::string(2 * (depth + 1), ' ');
    std::string result(1, open);
    bool first = true;
    for (const auto& member : members) {
        if (!first) result += on_one_line ? ", " : ",";
        first = false;
        result += separator + text(member);
    }
    if (!on_one_line) result += "\n" + std::string(2 * depth, ' ');
    return result + close;
}

std::string text_of(const json::value& value, std::size_t depth) {
    if (const auto* number = value.if_double()) return number_text(*number);
    if (const auto* array = value.if_array()) {
        const bool short_enough = std::all_of(array->begin(), array->end(), is_plain);
        return enclosed('[', *array, ']', short_enough, depth,
                        [&](const json::value& element) { return text_of(element, depth + 1); });
    }
    if (const auto* object = value.if_object()) {
        const bool short_enough =
            std::all_of(object->begin(), object->end(), [](const auto& member) { return is_plain(member.value()); });
        return enclosed('{', *object, '}', short_enough, depth, [&](const json::key_value_pair& member) {
            return json::serialize(member.key()) + ": " + text_of(member.value(), depth + 1);
        });
    }
    return json::serialize(value);
}

}  // namespace

std::string json_text(const json::value& value) {
    return text_of(value, 0);
}

}  // namespace tromp
