#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/error.hpp"

namespace tromp {

/// One thing wrong in a file, for a person: what is wrong; what would be right.
struct Diagnostic {
    std::string file;     ///< as the user named it
    int line{};           ///< from 1; 0: the file as a whole
    int column{};         ///< from 1, in bytes; 0 when line is 0
    std::string message;  ///< one line, without a password
};

/// "file:line:column: message", or "file: message" for the file as a whole.
std::string to_string(const Diagnostic& diagnostic);

/// A configuration that cannot be used. what() has every diagnostic, one per line, in the order of the file.
class ConfigError : public Error {
  public:
    /// Precondition: diagnostics is not empty.
    explicit ConfigError(std::vector<Diagnostic> diagnostics);
    const std::vector<Diagnostic>& diagnostics() const noexcept { return *diagnostics_; }

  private:
    std::shared_ptr<const std::vector<Diagnostic>> diagnostics_;  // shared: copying an exception must not throw
};

/// Collects what is wrong in one file, so that all of it is reported at once.
class Diagnostics {
  public:
    explicit Diagnostics(std::string file) : file_(std::move(file)) {}

    void add(int line, int column, std::string message);
    std::size_t size() const noexcept { return found_.size(); }
    /// Throws ConfigError when anything was added.
    void throw_if_any() const;

  private:
    std::string file_;
    std::vector<Diagnostic> found_;
};

}  // namespace tromp
