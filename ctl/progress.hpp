#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

namespace tromp::ctl {

/// How far something has come.
struct Amount {
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
};

/// What a line of progress tells.
struct ProgressFigures {
    std::string what;           ///< at hand, as the name of a table
    Amount done{};              ///< of it
    std::int64_t expected = 0;  ///< rows of it; 0: not known. An estimate: there may be more
    std::chrono::milliseconds took{};
};

/// "public.item  [####............]  25 %  1000 of 4000 rows, 40 kB, 500 rows/s, 6 s left", without the bar where it is
/// to be plain. Where nobody knows how many rows there are, it tells how many were done. Without bytes where there are
/// none.
std::string progress_text(const ProgressFigures& figures, bool plain);

/// Tells a person who waits how far a command has come: on a terminal by a line that is redrawn in place, elsewhere by
/// a line every few seconds. Nothing at all where it takes less than two seconds. Everything goes to one stream, that
/// of errors, so the output stays clean.
class Progress {
  public:
    using Clock = std::chrono::steady_clock;
    using Now = std::function<Clock::time_point()>;

    /// `err` outlives it.
    Progress(std::ostream& err, bool terminal, Now now = &Clock::now);
    /// As clear().
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Another thing begins; `expected` rows, 0 where it is not known.
    void begin(std::string what, std::int64_t expected);
    /// All that was done of it by now. Cheap: it may be called as often as one likes.
    void update(Amount done);
    /// Takes the line on the terminal away, before something else is written; the next update() brings it back.
    void clear();

  private:
    std::ostream& err_;
    const bool terminal_;
    const Now now_;
    const Clock::time_point started_;
    Clock::time_point begun_;
    Clock::time_point told_;
    ProgressFigures figures_;
    std::size_t drawn_ = 0;  ///< columns of the line that stands on the terminal
};

/// Whether errors go to a terminal.
bool errors_go_to_terminal();

}  // namespace tromp::ctl
