#include "ctl/progress.hpp"

#include <algorithm>
#include <sstream>

#include "tests/support/catch.hpp"

using namespace tromp::ctl;
using namespace std::chrono_literals;

namespace {

struct Session {
    explicit Session(bool terminal) : progress(err, terminal, [this] { return now; }) {}
    void pass(std::chrono::milliseconds time) { now += time; }
    std::string text() const { return err.str(); }

    Progress::Clock::time_point now{};
    std::ostringstream err;
    Progress progress;
};

}  // namespace

TEST_CASE("progress tells how much is done, how fast, and how long it will take") {
    CHECK(progress_text({"public.item", {1000, 40000}, 4000, 2s}, true) ==
          "public.item  25 %  1000 of 4000 rows, 39 kB, 500 rows/s, 6 s left");
    CHECK(progress_text({"public.item", {1000, 0}, 4000, 2s}, false) ==
          "public.item  [#####...............]  25 %  1000 of 4000 rows, 500 rows/s, 6 s left");
    CHECK(progress_text({"public.item", {4000, 0}, 4000, 2s}, false) ==
          "public.item  [####################]  100 %  4000 of 4000 rows, 2000 rows/s, 0 s left");
}

TEST_CASE("progress makes nothing up where nobody knows how much there is") {
    CHECK(progress_text({"public.item", {1000, 0}, 0, 2s}, false) == "public.item  1000 rows, 500 rows/s");
    CHECK(progress_text({"public.item", {5000, 0}, 4000, 2s}, false) == "public.item  5000 rows, 2500 rows/s");
    CHECK(progress_text({"public.item", {0, 0}, 4000, 0s}, true) == "public.item  0 %  0 of 4000 rows");
}

TEST_CASE("progress says nothing of what takes no time") {
    for (const bool terminal : {true, false}) {
        Session session(terminal);
        session.progress.begin("public.item", 100);
        session.pass(1900ms);
        session.progress.update({50, 0});
        session.progress.clear();
        CHECK(session.text().empty());
    }
}

TEST_CASE("on a terminal the line is redrawn in place, and taken away") {
    Session session(true);
    session.progress.begin("public.a_long_name", 100);
    session.pass(2s);
    session.progress.update({50, 0});
    const auto first = session.text();
    CHECK(first == "\rpublic.a_long_name  [##########..........]  50 %  50 of 100 rows, 25 rows/s, 2 s left");
    session.pass(100ms);
    session.progress.update({60, 0});
    CHECK(session.text() == first);
    session.progress.begin("b", 0);
    session.pass(100ms);
    session.progress.update({1, 0});
    const auto blank = first.size() - 1;
    const std::string second = "\rb  1 rows, 10 rows/s";
    CHECK(session.text() == first + second + std::string(blank - (second.size() - 1), ' '));
    session.progress.clear();
    const auto cleared = session.text();
    CHECK(cleared.ends_with("\r" + std::string(blank, ' ') + "\r"));
    session.progress.clear();
    CHECK(session.text() == cleared);
}

TEST_CASE("elsewhere there is a line every few seconds") {
    Session session(false);
    session.progress.begin("t", 0);
    for (int i = 0; i < 120; ++i) {
        session.pass(100ms);
        session.progress.update({i, 0});
    }
    session.progress.clear();
    const auto text = session.text();
    CHECK(std::count(text.begin(), text.end(), '\n') == 2);
    CHECK(text.find('\r') == std::string::npos);
}
