#include <boost/json/serialize.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

/// Without a wake-up it would be an hour. It is far above what it takes, for a machine that does other work.
constexpr auto at_once = 20s;

/// a in the middle, b behind a proxy that goes wrong, and c, whose changes must come through meanwhile, at once: no
/// poll falls into the test.
class Star {
  public:
    /// `retry` is that of the links between a and b.
    explicit Star(const std::string& retry)
        : retry_(retry), tree_(Tree::star(3, options())), proxy_(tree_.cluster().port()) {
        const LinkOptions link{.via = &proxy_, .extra = "retry: " + retry + "\npoll_interval: 1s\n"};
        a.link(b, link);
        b.link(a, link);
        tree_.init_all();
        tree_.start_all();
        b.sql().exec("INSERT INTO item VALUES (1, 'first of b')");
        tree_.sync_all();
    }

    /// Changes of c come to a, and the other way, as if nothing were the matter with b.
    void check_other_link() {
        const std::string count = std::to_string(++written_);
        c.sql().exec("INSERT INTO item VALUES (" + std::to_string(1000 + written_) + ", 'of c')");
        wait_value(a, "SELECT count(*) FROM item WHERE name = 'of c'", count, at_once);
        a.sql().exec("INSERT INTO item VALUES (" + std::to_string(2000 + written_) + ", 'of a')");
        wait_value(c, "SELECT count(*) FROM item WHERE name = 'of a'", count, at_once);
    }

    void check_all_equal() {
        tree_.sync_all();
        tree_.check_equal({"item"});
    }

    Proxy& proxy() { return proxy_; }
    void set_way_to_b(const std::string& conninfo) {
        a.link(b, {.extra = "retry: " + retry_ + "\npoll_interval: 1s\n", .conninfo = conninfo});
        a.restart();
    }

  private:
    static TreeOptions options() {
        TreeOptions options;
        options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, name text)";
        options.nodes.poll_interval = "1h";
        options.start = false;
        return options;
    }

    std::string retry_;
    Tree tree_;
    Proxy proxy_;
    int written_ = 0;

  public:
    Node& a = tree_[0];
    Node& b = tree_[1];
    Node& c = tree_[2];
};

const char* const only_sync_ends_it = "{first: 1h, max: 1h}";
const char* const short_back_off = "{first: 50ms, max: 1s}";
const char* const of_b = "SELECT count(*) FROM item WHERE name = 'meanwhile'";

void check_back_after_sync(Star& star) {
    const auto output = star.a.ctl({"sync", "b"});
    REQUIRE(output.exit_code == 0);
    wait_value(star.a, of_b, "1", at_once);
    CHECK(last_error(star.a, star.b).empty());
}

/// Makes b unreachable, checks that only its link suffers, lets it return, and how it comes back.
void check_outage(Star& star, const std::string& error, const std::function<void()>& begin,
                  const std::function<void()>& end, const std::function<void()>& comes_back) {
    begin();
    star.b.sql().exec("INSERT INTO item VALUES (100, 'meanwhile')");
    star.check_other_link();
    wait_error(star.a, star.b, error);
    star.check_other_link();
    CHECK(star.a.state(star.b) == "backing_off");
    CHECK(star.a.sql().value(of_b) == "0");
    end();
    comes_back();
    REQUIRE(star.b.ctl({"sync"}).exit_code == 0);
    star.check_all_equal();
}

}  // namespace

TEST_CASE("a neighbour whose connections are cut and refused holds up no other link and is back after sync") {
    Star star(only_sync_ends_it);
    check_outage(
        star, "onnection", [&] { star.proxy().cut(); }, [&] { star.proxy().pass(); },
        [&] { check_back_after_sync(star); });
}

TEST_CASE("a neighbour that was away is back by itself within the bound of the back-off") {
    Star star(short_back_off);
    check_outage(
        star, "onnection",
        [&] {
            star.proxy().cut();
            // Long enough that the pauses have grown to their bound.
            wait_until(10s, "attempts are a second apart", [&] {
                const auto retry = neighbour_report(star.a, star.b).at("retry_in_seconds");
                return !retry.is_null() && retry.to_number<double>() > 0.6;
            });
        },
        [&] { star.proxy().pass(); }, [&] { wait_value(star.a, of_b, "1", 5s); });
}

TEST_CASE("a neighbour that accepts connections and never answers holds up no other link and is back after sync") {
    Star star(only_sync_ends_it);
    check_outage(
        star, "accepts connections there and then says nothing",
        [&] {
            star.proxy().cut();
            star.proxy().blackhole();
            star.a.ctl({"sync"});
        },
        [&] { star.proxy().pass(); }, [&] { check_back_after_sync(star); });
}

TEST_CASE(
    "a captive portal that answers with HTTP is named, holds up no other link, and the neighbour is back after it") {
    Star star(only_sync_ends_it);
    check_outage(
        star, "captive portal",
        [&] {
            star.proxy().cut();
            star.proxy().answer(
                "HTTP/1.1 302 Found\r\nLocation: http://login.example.net/\r\nContent-Length: 0\r\n\r\n");
            star.a.ctl({"sync"});
        },
        [&] { star.proxy().pass(); }, [&] { check_back_after_sync(star); });
}

TEST_CASE("a neighbour where nothing listens holds up no other link and is back after sync") {
    const ReservedPort port;
    Star star(only_sync_ends_it);
    const auto& cluster = star.b.cluster();
    check_outage(
        star, "refused", [&] { star.set_way_to_b(cluster.tcp_conninfo("b", port.number())); },
        [&] {
            star.proxy().cut();  // what listens there from now on
            star.set_way_to_b(cluster.tcp_conninfo("b", star.proxy().port()));
            wait_error(star.a, star.b, "refused");
            star.proxy().pass();
        },
        [&] { check_back_after_sync(star); });
}

TEST_CASE("a neighbour whose name cannot be looked up holds up no other link and is back after sync") {
    Star star(only_sync_ends_it);
    check_outage(
        star, "the name server does not answer",
        [&] {
            star.a.faults().arm("resolve", Faults::Action::pause);
            star.set_way_to_b("host=localhost port=" + std::to_string(star.b.cluster().port()) +
                              " user=postgres dbname=b");
            star.a.faults().wait_reached("resolve");
            star.check_other_link();
        },
        [&] { star.a.faults().release("resolve"); }, [&] { check_back_after_sync(star); });
}

TEST_CASE("a neighbour that falls silent in mid-COPY holds up no other link and is back after sync") {
    constexpr std::uint64_t well_inside = 500'000;
    Star star(only_sync_ends_it);
    check_outage(
        star, "no answer",
        [&] {
            star.proxy().limit(1'000'000);
            const auto before = star.proxy().bytes_to_client();
            star.b.sql().exec("INSERT INTO item SELECT i, repeat('x', 100) FROM generate_series(10001, 60000) i");
            wait_until(20s, "the transfer is in its middle",
                       [&] { return star.proxy().bytes_to_client() > before + well_inside; });
            star.proxy().blackhole();
            // The server notices by itself that nobody takes what it sends; the reader has to notice without it.
        },
        [&] {
            star.proxy().cut();
            star.proxy().pass();
            star.proxy().limit(0);
        },
        [&] {
            REQUIRE(star.a.ctl({"sync", "b"}).exit_code == 0);
            wait_until(
                at_once, "a pull is under way",
                [&] { return star.a.state(star.b) == "catching_up" || star.a.sql().value(of_b) == "1"; },
                [&] { return boost::json::serialize(star.a.status()); });
            wait_value(star.a, of_b, "1", 20s);
        });
}

TEST_CASE("a connection that is cut in mid-COPY is made again and the transfer comes to its end") {
    Star star(short_back_off);
    for (int round = 0; round < 4; ++round) {
        star.proxy().cut_after(1'500'000);
        star.b.sql().exec("INSERT INTO item SELECT 10000 * " + std::to_string(round + 1) +
                          " + i, repeat('x', 200) FROM generate_series(1, 10000) i");
        wait_until(20s, "the connection was cut", [&] { return star.proxy().is_cut(); });
        CHECK(star.a.sql().number("SELECT count(*) FROM item WHERE nr > 10000") < 10000 * (round + 1));
        star.check_other_link();
        star.proxy().pass();
        wait_value(star.a, "SELECT count(*) FROM item WHERE nr > 10000", std::to_string(10000 * (round + 1)), 10s);
    }
    star.check_all_equal();
}
