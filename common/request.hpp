#pragma once

#include <set>
#include <string>
#include <string_view>

namespace tromp {

/// Why the tables of a link are to be made equal, as replication.nodes.asked keeps it. It is given with the name under
/// which the link begins anew, so that both ends know.
struct Request {
    std::string kind;                             ///< join, repair; or resync: nobody asked, the past was lost
    int from = 0;                                 ///< the node whose rows win where no log tells; 0: by the rules
    std::set<std::string, std::less<>> tables{};  ///< only these, as schema.name; empty: all
    std::string text() const;
};

/// Throws Error where `text` is none.
Request parse_request(std::string_view text);

}  // namespace tromp
