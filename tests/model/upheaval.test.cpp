// Random histories of trees in which nodes join, are moved and set back, logs are given up and links begin anew, over
// the rules of docs/resync.md, without a server.
//
//   TROMP_MODEL_UPHEAVALS=200000   runs that many for each resolver instead

#include "tests/model/upheaval.hpp"
#include "tests/model/random_history.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"

#include <cstdlib>
#include <iostream>

using namespace tromp::model;

namespace {

constexpr int resolvers = 4;

int wanted_histories() {
    const char* const number = std::getenv("TROMP_MODEL_UPHEAVALS");
    return number != nullptr ? std::atoi(number) : 20000 / tromp::test::patience;
}

History draw_upheaval(int number) {
    return draw_history(rc::Random(static_cast<std::uint64_t>(number) + 1), 20 + number % 120);
}

/// Leaves out steps as long as it goes wrong in the same way, and tells what is left.
std::string smallest_story(History history, int resolver, const std::string& wrong) {
    for (auto length = history.steps.size() / 2; length > 0;) {
        bool smaller = false;
        for (std::size_t from = 0; from + length <= history.steps.size() && !smaller; ++from) {
            auto shorter = history;
            const auto begin = shorter.steps.begin() + static_cast<std::ptrdiff_t>(from);
            shorter.steps.erase(begin, begin + static_cast<std::ptrdiff_t>(length));
            smaller = run_upheaval(shorter, resolver, {}, {}).wrong == wrong;
            if (smaller) history = std::move(shorter);
        }
        if (!smaller) length /= 2;
        length = std::min(length, history.steps.size());
    }
    std::string story;
    run_upheaval(history, resolver, {}, {}, &story);
    return story;
}

void run_many(int resolver) {
    UpheavalOutcome all;
    for (int number = 0; number < wanted_histories(); ++number) {
        const auto history = draw_upheaval(number);
        const auto outcome = run_upheaval(history, resolver, {}, {});
        for (std::size_t kind = 0; kind < all.count.size(); ++kind)
            all.count[kind] += outcome.count[kind];
        if (outcome.wrong.empty()) continue;
        INFO("history " << number << '\n' << smallest_story(history, resolver, outcome.wrong));
        FAIL(outcome.wrong);
    }
    for (std::size_t kind = 0; kind < all.count.size(); ++kind) {
        std::cout << upheaval_names[kind] << ' ' << all.count[kind] << (kind + 1 < all.count.size() ? ", " : "\n");
        CHECK(all.count[kind] > 0);
    }
}

}  // namespace

TEST_CASE("after any upheaval all nodes are equal and nothing is lost in silence: last_update_wins") {
    run_many(0);
}

TEST_CASE("after any upheaval all nodes are equal and nothing is lost in silence: delete_wins") {
    run_many(1);
}

TEST_CASE("after any upheaval all nodes are equal and nothing is lost in silence: node_priority") {
    run_many(2);
}

TEST_CASE("after any upheaval all nodes are equal and nothing is lost in silence: any strengths") {
    run_many(3);
}

TEST_CASE("the model notices when a rule of links that begin anew is switched off") {
    constexpr int most = 40000;
    for (const auto& rule : upheaval_rules) {
        if (!rule.noticed) continue;
        Rules rules;
        rules.*rule.on = false;
        std::string wrong;
        int number = 0;
        while (wrong.empty() && number < most) {
            ++number;
            wrong = run_upheaval(draw_upheaval(number), number % resolvers, {}, rules).wrong;
        }
        std::cout << rule.name << ": " << (wrong.empty() ? "not noticed" : wrong) << ", history " << number << '\n';
        CAPTURE(rule.name);
        CHECK_FALSE(wrong.empty());
    }
}

TEST_CASE("the model notices when one of the rules is switched off that few histories need") {
    for (const auto& rule : rare_rules) {
        Rules without;
        without.*rule.on = false;
        const auto history = draw_upheaval(rule.history);
        CAPTURE(rule.name);
        CHECK(run_upheaval(history, rule.resolver, {}, {}).wrong == "");
        CHECK(run_upheaval(history, rule.resolver, {}, without).wrong != "");
    }
}
