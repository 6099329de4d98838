#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tromp::ctl {

/// The words after a command. A command takes its options first, then what stands by position, then calls finish().
/// Everything here throws Error with Exit::usage.
class Arguments {
  public:
    Arguments() = default;
    explicit Arguments(std::vector<std::string> words) : words_(std::move(words)) {}

    /// Takes `--name`.
    bool flag(std::string_view name);
    /// Takes `--name VALUE` or `--name=VALUE`.
    std::optional<std::string> value(std::string_view name);
    std::optional<std::chrono::milliseconds> duration(std::string_view name);
    /// Takes the next word that stands by position.
    std::optional<std::string> next();
    /// The same, when the command cannot do without; `what` names it for the user.
    std::string required(std::string_view what);
    /// The same for a number of a conflict or a held row.
    std::optional<std::string> id();
    std::string required_id();
    /// Throws when anything is left.
    void finish() const;

  private:
    std::vector<std::string> words_;
    std::vector<std::string> known_;  ///< options asked for so far
};

}  // namespace tromp::ctl
