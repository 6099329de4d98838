#pragma once

#include "ctl/command.hpp"
#include "ctl/neighbours.hpp"

namespace tromp::ctl {

/// Makes the neighbour's tables, and what belongs to them, in this node's own database, which has to be without tables;
/// but for rows, owners, rights, and what replication made there. By pg_dump and pg_restore, in one transaction. Where
/// that was done before nothing happens. Then as `trompctl init`.
asio::awaitable<void> copy_schema(Context& context, const NodeName& name);

}  // namespace tromp::ctl
