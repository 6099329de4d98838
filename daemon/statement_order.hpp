#pragma once

#include <string>
#include <vector>

namespace tromp {

/// May `later` be run though `earlier`, about one of the same tables, still waits for rows? It may, unless it takes
/// away or renames something, and both have a name in common that is none of `tables`, their tables as format('%I.%I')
/// spells them: `earlier` may be about what would not be there any more. Texts that cannot be read may not.
bool may_go_first(const std::string& later, const std::string& earlier, const std::vector<std::string>& tables);

}  // namespace tromp
