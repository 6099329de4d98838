#include "ctl/interrupt.hpp"

#include <csignal>

#include <boost/asio/signal_set.hpp>

#include "common/first_of.hpp"

namespace tromp::ctl {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> keep(asio::awaitable<Exit> work, Exit& exit) {
    exit = co_await std::move(work);
}

asio::awaitable<void> interruption(std::string words) {
    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT);
    co_await signals.async_wait(asio::use_awaitable);
    throw Error("interrupted; " + words, Exit::interrupted);
}

}  // namespace

asio::awaitable<Exit> unless_interrupted(asio::awaitable<Exit> work, std::string words) {
    Exit exit = Exit::no;
    co_await first_of(keep(std::move(work), exit), interruption(std::move(words)));
    co_return exit;
}

}  // namespace tromp::ctl
