#pragma once

#include <string>

namespace tromp {

/// Without the blanks and line ends behind it, as libpq's messages have them.
inline std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    return text;
}

}  // namespace tromp
