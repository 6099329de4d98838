#include "tests/model/random_history.hpp"
#include "tests/support/catch.hpp"

#include <iostream>

using namespace tromp::model;

TEST_CASE("the model notices when a rule of the protocol is switched off") {
    constexpr int most = 200000;
    for (const auto& rule : all_rules) {
        if (!rule.noticed) continue;
        Rules rules;
        rules.*rule.on = false;
        std::string wrong;
        int histories = 0;
        while (wrong.empty() && histories < most) {
            const rc::Random random(static_cast<std::uint64_t>(++histories));
            wrong = run(draw_history(random, 20 + histories % 80), rules).wrong;
        }
        std::cout << rule.name << ": " << (wrong.empty() ? "not noticed" : wrong) << ", history " << histories << '\n';
        CAPTURE(rule.name);
        CHECK_FALSE(wrong.empty());
    }
}
