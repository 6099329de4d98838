#include "ctl/arguments.hpp"

#include <algorithm>

#include "common/error.hpp"
#include "common/nearest.hpp"
#include "common/units.hpp"

namespace tromp::ctl {
namespace {

bool is_option(const std::string& word) {
    return word.size() > 1 && word.starts_with('-');
}

}  // namespace

bool Arguments::flag(std::string_view name) {
    known_.emplace_back(name);
    const auto found = std::find(words_.begin(), words_.end(), name);
    if (found == words_.end()) return false;
    words_.erase(found);
    return true;
}

std::optional<std::string> Arguments::value(std::string_view name) {
    known_.emplace_back(name);
    const std::string joined = std::string(name) + "=";
    for (auto word = words_.begin(); word != words_.end(); ++word) {
        if (word->starts_with(joined)) {
            const auto result = word->substr(joined.size());
            words_.erase(word);
            return result;
        }
        if (*word != name) continue;
        if (word + 1 == words_.end()) throw Error(std::string(name) + " needs a value", Exit::usage);
        const auto result = *(word + 1);
        words_.erase(word, word + 2);
        return result;
    }
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> Arguments::duration(std::string_view name) {
    const auto text = value(name);
    if (!text) return std::nullopt;
    const auto result = parse_duration(*text);
    if (!result) {
        throw Error(std::string(name) + ": '" + *text +
                        "' is not a duration; give a whole number and a unit, such as 60s or 30d",
                    Exit::usage);
    }
    return result;
}

std::optional<std::string> Arguments::next() {
    const auto found = std::find_if_not(words_.begin(), words_.end(), is_option);
    if (found == words_.end()) return std::nullopt;
    const auto result = *found;
    words_.erase(found);
    return result;
}

std::string Arguments::required(std::string_view what) {
    auto word = next();
    if (!word) throw Error(std::string(what) + " is missing", Exit::usage);
    return std::move(*word);
}

std::optional<std::string> Arguments::id() {
    auto word = next();
    constexpr std::size_t longest = 18;  // what fits into a bigint whatever its digits are
    if (word && (word->size() > longest || word->find_first_not_of("0123456789") != std::string::npos)) {
        throw Error("'" + *word + "' is not an ID; the list shows them", Exit::usage);
    }
    return word;
}

std::string Arguments::required_id() {
    auto word = id();
    if (!word) throw Error("the ID is missing", Exit::usage);
    return std::move(*word);
}

void Arguments::finish() const {
    if (words_.empty()) return;
    const auto& word = words_.front();
    if (!is_option(word)) throw Error("'" + word + "' is too much", Exit::usage);
    const auto meant = nearest(word.substr(0, word.find('=')), known_);
    throw Error("unknown option " + word + (meant ? "; did you mean " + *meant + "?" : ""), Exit::usage);
}

}  // namespace tromp::ctl
