#include "common/diagnostics.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tromp {
namespace {

std::string one_per_line(const std::vector<Diagnostic>& diagnostics) {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics) {
        if (!text.empty()) text += '\n';
        text += to_string(diagnostic);
    }
    return text;
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic) {
    std::string place = diagnostic.file;
    if (diagnostic.line > 0) {
        place += ":" + std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column);
    }
    return place + ": " + diagnostic.message;
}

ConfigError::ConfigError(std::vector<Diagnostic> diagnostics)
    : Error(one_per_line(diagnostics), Exit::usage),
      diagnostics_(std::make_shared<const std::vector<Diagnostic>>(std::move(diagnostics))) {}

void Diagnostics::add(int line, int column, std::string message) {
    found_.push_back({file_, line, column, std::move(message)});
}

void Diagnostics::throw_if_any() const {
    if (found_.empty()) return;
    std::vector<Diagnostic> sorted = found_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic& a, const Diagnostic& b) {
        return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    throw ConfigError(std::move(sorted));
}

}  // namespace tromp
