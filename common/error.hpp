#pragma once

#include <stdexcept>
#include <string>

namespace tromp {

/// How trompd and trompctl end; scripts rely on the numbers.
enum class Exit : int {
    done = 0,           ///< what was asked for is done
    no = 1,             ///< the answer is no: differences found, not in sync in time, a check failed
    usage = 2,          ///< the command line or the configuration is wrong
    unreachable = 3,    ///< a database or the daemon cannot be reached
    interrupted = 130,  ///< by Ctrl-C, as shells have it
};

/// A failure that ends a command. The message is for a person: what happened, to what, and what to do.
class Error : public std::runtime_error {
  public:
    explicit Error(const std::string& message, Exit code = Exit::no) : std::runtime_error(message), code_(code) {}
    Exit code() const noexcept { return code_; }

  private:
    Exit code_;
};

}  // namespace tromp
