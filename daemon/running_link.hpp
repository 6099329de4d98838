#pragma once

#include "daemon/link.hpp"

#include <boost/asio/cancellation_signal.hpp>

namespace tromp {

/// A link and the means to end its coroutine.
struct RunningLink {
    RunningLink(int of, LinkOptions options, Link::Hooks hooks)
        : neighbour(of), link(std::move(options), std::move(hooks)) {}

    int neighbour;  ///< the far end, whichever the direction
    Link link;
    boost::asio::cancellation_signal cancel;
};

}  // namespace tromp
