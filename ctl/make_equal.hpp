#pragma once

#include "common/request.hpp"
#include "ctl/command.hpp"
#include "ctl/neighbours.hpp"

namespace tromp::ctl {

/// Asks the daemons at both ends of a link to make their tables equal, and waits until they have, telling how far they
/// have come. The request is kept in the database: whatever ends the wait, they go on; one that is under way already is
/// only watched. Throws pg::ConnectionError where no daemon runs, or the neighbour cannot be reached from the
/// beginning; Error where the link fails for a reason that a person has to clear.
asio::awaitable<Exit> make_equal(Context& context, NodeName neighbour, Request request);

}  // namespace tromp::ctl
