#pragma once

namespace tromp {

/// Whether no interface of this machine has the address any more from which the connection was made: nothing that is
/// sent to it arrives, however long one waits. False for what is no IP socket, and where the kernel does not say
/// (ip_nonlocal_bind).
bool has_lost_its_address(int socket);

}  // namespace tromp
