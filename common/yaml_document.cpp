#include "common/yaml_document.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace tromp::yaml {
namespace {

/// What usually is behind a message of the parser.
std::string_view hint(std::string_view message) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> hints{{
        {"the referenced anchor is not defined", "put a value that begins with * in single quotes"},
        {"alias not found", "put a value that begins with * in single quotes"},
        {"unknown token", "put a value that begins with @, % or ` in single quotes"},
        {"illegal map value", "indent the keys of a section alike, and put a value that contains ': ' in quotes"},
        {"end of map", "indent the keys of a section alike, and close every {"},
        {"end of seq", "indent the items of a list alike, and close every ["},
    }};
    for (const auto& [start, text] : hints) {
        if (message.starts_with(start)) return text;
    }
    return "correct the YAML here or just before";
}

/// Reports every tab in the indentation of a line, and says whether one of them comes no later than `last_line`.
bool report_tabs(std::string_view text, int last_line, Diagnostics& diagnostics) {
    bool found = false;
    int line = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view content = text.substr(begin, end - begin);
        const std::size_t first = content.find_first_not_of(' ');
        ++line;
        const bool blank = content.find_first_not_of(" \t\r") == std::string_view::npos;
        if (!blank && content[first] == '\t') {
            diagnostics.add(line, static_cast<int>(first) + 1, "tabs are not allowed for indentation; use spaces");
            found = found || line <= last_line;
        }
        begin = end + 1;
    }
    return found;
}

}  // namespace

std::optional<YAML::Node> load(const std::string& text, Diagnostics& diagnostics) {
    try {
        const std::vector<YAML::Node> documents = YAML::LoadAll(text);
        if (documents.empty() || documents.front().IsNull()) {
            diagnostics.add(1, 1, "the file is empty; it must give at least 'node' and 'database'");
            return std::nullopt;
        }
        if (documents.size() == 1) return documents.front();
        const YAML::Mark mark = documents[1].Mark();
        diagnostics.add(mark.line + 1, mark.column + 1,
                        "a second YAML document begins here; make it one mapping without '---'");
    } catch (const YAML::Exception& error) {
        // Tabs lead to many different errors, few of which mention them.
        if (!report_tabs(text, error.mark.line + 1, diagnostics)) {
            diagnostics.add(error.mark.line + 1, error.mark.column + 1,
                            "YAML syntax: " + error.msg + "; " + std::string(hint(error.msg)));
        }
    }
    return std::nullopt;
}

}  // namespace tromp::yaml
