#pragma once

#include "common/config.hpp"
#include "daemon/control_server.hpp"
#include "daemon/link.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <list>
#include <memory>

namespace tromp {

struct RunningLink;

/// The daemon of one node: owns its links, its wake-up, its pruning and its control socket, and starts and stops them.
class Node {
  public:
    Node(boost::asio::io_context& context, Config config);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Serves the control socket and starts everything else. Throws Error where the control socket cannot be had.
    void start();

    /// Reads the configuration again and starts the links anew by it; a bad one is reported and the old one stays.
    void reload();

    /// Ends everything; batches at hand are rolled back. Calls `stopped` when all has ended.
    void stop(std::function<void()> stopped);

  private:
    boost::asio::awaitable<void> serve_own_database();
    // What runs beside the links (node_chores.cpp).
    boost::asio::awaitable<void> keep_log_short();
    boost::asio::awaitable<void> guard_users();
    boost::asio::awaitable<void> retry_held_rows();
    boost::asio::awaitable<void> care_for(const Neighbour& neighbour);
    boost::asio::awaitable<void> tell_service();
    boost::asio::awaitable<void> follow_network();
    void spawn(boost::asio::awaitable<void> work);
    /// Called by each coroutine at its end.
    void ended(const std::exception_ptr& error);
    void make_links();
    void start_links();
    void stop_links();
    boost::asio::awaitable<std::unique_ptr<pg::Connection>> open_own(std::string purpose) const;
    boost::asio::awaitable<void> register_neighbours(pg::Connection& database);
    boost::asio::awaitable<void> check_numbers(pg::Connection& database) const;

    // What is asked over the control socket (node_commands.cpp).
    boost::asio::awaitable<boost::json::object> answer(boost::json::object request);
    boost::asio::awaitable<boost::json::object> answer_status();
    boost::asio::awaitable<boost::json::object> answer_sync(boost::json::object request);
    boost::asio::awaitable<boost::json::object> answer_retry();
    /// Ends its links; it does not come back before the configuration is read again.
    void forget_neighbour(int node);
    /// Comes back when all links have tried the statements that could not be run here, or do not come to it.
    boost::asio::awaitable<void> retry_statements_of_links(pg::Connection& database);
    /// Returns what is still missing at the deadline; nothing when all is drained.
    boost::asio::awaitable<std::string> wait_until_drained(std::vector<int> neighbours, pg::Clock::time_point deadline);
    std::vector<const Link*> links_with(const std::vector<int>& neighbours) const;
    void wake_links();
    void network_changed(std::string_view what);

    boost::asio::io_context& context_;
    Config config_;
    std::unique_ptr<ControlServer> control_;
    std::list<std::unique_ptr<boost::asio::cancellation_signal>> running_;
    std::vector<std::shared_ptr<RunningLink>> links_;
    int working_ = 0;  ///< coroutines that have not ended
    std::function<void()> stopped_;
    bool links_started_ = false;
    Event progress_;        ///< a link has pulled, or failed to
    Event prunable_;        ///< a neighbour has read more of our log, or a row is held no more
    Event own_back_;        ///< the own database answers again
    Event register_again_;  ///< the neighbours of the file have changed
    std::string own_error_;
};

}  // namespace tromp
