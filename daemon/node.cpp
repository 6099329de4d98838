#include "daemon/node.hpp"

#include "common/backoff.hpp"
#include "common/install.hpp"
#include "common/log.hpp"
#include "common/sql_text.hpp"
#include "common/table_rules.hpp"
#include "daemon/network_watch.hpp"
#include "daemon/retry.hpp"
#include "daemon/running_link.hpp"
#include "daemon/service.hpp"
#include "daemon/wakeup.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <sql/embedded.hpp>

#include <algorithm>

namespace tromp {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto own_poll_interval = 10s;

}  // namespace

Node::Node(asio::io_context& context, Config config) : context_(context), config_(std::move(config)) {
    make_links();
}

Node::~Node() = default;

void Node::start() {
    control_ =
        std::make_unique<ControlServer>(context_.get_executor(), config_.control.socket,
                                        [this](boost::json::object request) { return answer(std::move(request)); });
    spawn(control_->run());
    spawn(serve_own_database());
    spawn(keep_log_short());
    spawn(guard_users());
    spawn(retry_held_rows());
    spawn(tell_service());
    spawn(follow_network());
    spawn(watch_sleep([this] { network_changed("the machine has slept, or trompd was stopped"); }));
    spawn(service::feed_watchdog());
    for (const auto& neighbour : config_.neighbours) {
        if (neighbour.direction == Direction::both) spawn(care_for(neighbour));
    }
    service::ready();
    spdlog::info("node={} name={} neighbours={} ready", config_.node, config_.name, config_.neighbours.size());
}

void Node::ended(const std::exception_ptr& error) {
    if (const auto reason = why(error)) spdlog::error("{}", *reason);
    if (--working_ == 0 && stopped_) stopped_();
}

void Node::spawn(asio::awaitable<void> work) {
    auto& signal = *running_.emplace_back(std::make_unique<asio::cancellation_signal>());
    ++working_;
    asio::co_spawn(
        context_, std::move(work),
        asio::bind_cancellation_slot(signal.slot(), [this](const std::exception_ptr& error) { ended(error); }));
}

void Node::make_links() {
    const Endpoint self{{config_.node, config_.name}, config_.database};
    const auto add = [&](const Neighbour& neighbour, Endpoint source, Endpoint target) {
        LinkOptions options{std::move(source),      std::move(target), neighbour.poll_interval, neighbour.retry,
                            config_.batch.max_rows, config_.limits,    config_.ddl.apply};
        Link::Hooks hooks{[this] { progress_.notify(); }, [this] { prunable_.notify(); }};
        links_.push_back(std::make_shared<RunningLink>(neighbour.node, std::move(options), std::move(hooks)));
    };
    for (const auto& neighbour : config_.neighbours) {
        if (!neighbour.database) continue;
        const Endpoint there{{neighbour.node, neighbour.name}, *neighbour.database};
        add(neighbour, there, self);
        if (neighbour.direction == Direction::both) add(neighbour, self, there);
    }
}

void Node::start_links() {
    if (links_started_) return;
    links_started_ = true;
    for (const auto& running : links_) {
        ++working_;
        // The coroutine keeps its link, so one that is replaced by a reload can end in its own time.
        const auto keep = [this, running](const std::exception_ptr& error) { ended(error); };
        asio::co_spawn(context_, running->link.run(), asio::bind_cancellation_slot(running->cancel.slot(), keep));
    }
}

void Node::stop_links() {
    for (const auto& running : links_)
        running->cancel.emit(asio::cancellation_type::terminal);
    links_.clear();
    links_started_ = false;
}

void Node::stop(std::function<void()> stopped) {
    service::stopping();
    stopped_ = std::move(stopped);
    stop_links();
    for (const auto& signal : running_)
        signal->emit(asio::cancellation_type::terminal);
}

void Node::reload() {
    service::reloading();
    try {
        auto config = load_config(config_.file);
        if (config.node != config_.node || config.database != config_.database ||
            config.control.socket != config_.control.socket) {
            throw Error("node, database and control: socket cannot be changed by a reload: restart trompd");
        }
        stop_links();
        config_ = std::move(config);
        set_log_level(config_.log_level);
        make_links();
        register_again_.notify();
        spdlog::info("the configuration was read again");
    } catch (const Error& error) {
        spdlog::error("the configuration stays as it was: {}", error.what());
    }
    service::ready();
}

asio::awaitable<std::unique_ptr<pg::Connection>> Node::open_own(std::string purpose) const {
    pg::Options session;
    session.label = "own database";
    session.application_name = "trompd " + purpose;
    co_return co_await pg::Connection::open(config_.database, std::move(session));
}

asio::awaitable<void> Node::register_neighbours(pg::Connection& database) {
    co_await require_initialised(database, config_);
    const auto neighbours = config_.neighbours;
    for (const auto& neighbour : neighbours) {
        const auto query = render_sql(sql::install_node, "node", std::to_string(neighbour.node), "name", neighbour.name,
                                      "is_self", "false");
        co_await database.query(query);
    }
    const auto disagreement = co_await take_over_tables(database, config_);
    if (!disagreement.empty()) {
        spdlog::warn(
            "`tables`, `conflicts` or `large_objects` of {} are not those of the last trompctl init or tables add, "
            "remove ({}): the file holds for tables that are made from now on; run trompctl init for those that are "
            "there",
            config_.file, disagreement);
    }
    const auto unlisted = co_await database.query(query_unlisted_nodes(config_));
    for (int row = 0; row < unlisted.rows(); ++row) {
        spdlog::warn(
            "the log is kept for neighbour {}, which the file does not list: list it, or end the link with trompctl "
            "remove {}",
            unlisted.at(row, "name"), unlisted.at(row, "node"));
    }
}

/// Warns where this node might give numbers that others give too, or its file is behind.
asio::awaitable<void> Node::check_numbers(pg::Connection& database) const {
    const auto facts = co_await database.query(std::string(sql::node_facts));
    const auto max_nodes = facts.number(0, "max_nodes");
    if (max_nodes != config_.max_nodes) {
        spdlog::warn("max_nodes is {} in the file, but {} in the database, which holds: {}", config_.max_nodes,
                     max_nodes,
                     config_.max_nodes < max_nodes ? "correct the file" : "run trompctl init, at every node");
    }
    std::optional<pg::Result> astray;
    std::string in_the_way;
    try {
        astray = co_await database.query(std::string(sql::sequences_astray));
    } catch (const pg::SqlError& error) {
        if (!is_contention(error.sqlstate())) throw;
        in_the_way = error.what();
    }
    if (!astray) {
        spdlog::info("the sequences were not looked at, which is done at every connect: {}", in_the_way);
        co_return;
    }
    for (int row = 0; row < astray->rows(); ++row)
        spdlog::warn("sequence {} {}; trompctl init sets it right", astray->at(row, "sequence"),
                     astray->at(row, "fault"));
}

asio::awaitable<void> Node::serve_own_database() {
    Backoff backoff(200ms, 2s);
    for (;;) {
        std::exception_ptr error;
        try {
            const auto database = co_await open_own("wake-up");
            co_await register_neighbours(*database);
            if (!links_started_) co_await check_numbers(*database);
            start_links();
            if (!own_error_.empty()) {
                own_back_.notify();
                wake_links();
            }
            own_error_.clear();
            backoff.reset();
            Wakeup wakeup(config_.node, own_poll_interval);
            co_await wakeup.run(*database, register_again_);
        } catch (...) {
            error = std::current_exception();
        }
        const auto reason = why(error);
        if (reason && *reason != own_error_) spdlog::error("{}", *reason);
        own_error_ = reason.value_or("");
        const auto retry_at = pg::Clock::now() + (error ? backoff.next() : 0ms);
        co_await register_again_.wait_until(retry_at);
    }
}

void Node::wake_links() {
    for (const auto& running : links_)
        running->link.wake();
}

void Node::network_changed(std::string_view what) {
    spdlog::debug("{}: every link is looked at now", what);
    for (const auto& running : links_)
        running->link.network_changed();
}

}  // namespace tromp
