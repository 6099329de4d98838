#include "daemon/control_server.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <filesystem>

namespace tromp {
namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

/// A socket file that nobody listens behind is what a killed daemon left.
void clear_way(const std::string& path) {
    asio::io_context context;
    Protocol::socket probe(context);
    boost::system::error_code error;
    probe.connect(Protocol::endpoint(path), error);
    if (!error)
        throw Error("another trompd serves " + path + " already: stop it, or give this one its own `control: socket`",
                    Exit::usage);
    if (error == asio::error::connection_refused) std::filesystem::remove(path);
}

}  // namespace

ControlServer::ControlServer(const asio::any_io_executor& executor, std::string path, Answer answer)
    : path_(std::move(path)), answer_(std::move(answer)), acceptor_(executor) {
    try {
        const auto folder = std::filesystem::path(path_).parent_path();
        std::filesystem::create_directories(folder);
        clear_way(path_);
        acceptor_.open();
        // Nobody may connect before the mode is set: it is already when the name appears.
        const auto mask = ::umask(0117);
        boost::system::error_code error;
        acceptor_.bind(Protocol::endpoint(path_), error);
        ::umask(mask);
        if (error) throw boost::system::system_error(error);
        acceptor_.listen();
    } catch (const std::exception& error) {
        throw Error("the control socket " + path_ + " cannot be made: " + error.what() + "; see `control: socket`",
                    Exit::usage);
    }
}

ControlServer::~ControlServer() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

asio::awaitable<void> ControlServer::run() {
    for (;;) {
        auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
        asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
    }
}

asio::awaitable<void> ControlServer::serve(control::Socket socket) {
    try {
        auto request = co_await control::read_message(socket, control::longest_request);
        if (!request) co_return;
        boost::json::object answer;
        try {
            answer = co_await answer_(std::move(*request));
        } catch (const std::exception& error) {
            answer[control::field::error] = error.what();
        }
        co_await control::write_message(socket, std::move(answer));
    } catch (const std::exception& error) {
        spdlog::debug("control: {}", error.what());
    }
}

}  // namespace tromp
