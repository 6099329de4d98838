#include "ctl/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "common/units.hpp"

namespace tromp::ctl {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds silent{2000};  ///< who waits no longer wants to read nothing
constexpr milliseconds redrawn{200};  ///< on a terminal
constexpr milliseconds between_lines{5000};

std::string bar(double part) {
    constexpr std::size_t width = 20;
    const auto full = static_cast<std::size_t>(std::floor(part * width));
    return "[" + std::string(full, '#') + std::string(width - full, '.') + "]  ";
}

}  // namespace

std::string progress_text(const ProgressFigures& figures, bool plain) {
    const auto& done = figures.done;
    std::string text = figures.what + "  ";
    const double seconds = std::chrono::duration<double>(figures.took).count();
    const double rate = seconds > 0 ? static_cast<double>(done.rows) / seconds : 0;
    // More than was expected: the estimate was wrong, and nobody knows how much is left.
    const bool known = figures.expected > 0 && done.rows <= figures.expected;
    if (known) {
        const double part = static_cast<double>(done.rows) / static_cast<double>(figures.expected);
        if (!plain) text += bar(part);
        text += std::to_string(static_cast<int>(std::floor(part * 100))) + " %  ";
    }
    text += std::to_string(done.rows) + (known ? " of " + std::to_string(figures.expected) : "") + " rows";
    if (done.bytes > 0) text += ", " + format_size(static_cast<std::uint64_t>(done.bytes));
    if (rate >= 1) text += ", " + std::to_string(std::llround(rate)) + " rows/s";
    if (known && rate > 0) {
        const auto left = static_cast<double>(figures.expected - done.rows) / rate;
        text += ", " + format_duration(std::chrono::seconds(std::llround(left))) + " left";
    }
    return text;
}

Progress::Progress(std::ostream& err, bool terminal, Now now)
    : err_(err), terminal_(terminal), now_(std::move(now)), started_(now_()), begun_(started_), told_(started_) {}

Progress::~Progress() {
    clear();
}

void Progress::begin(std::string what, std::int64_t expected) {
    figures_ = {std::move(what), {}, expected, {}};
    begun_ = now_();
}

void Progress::update(Amount done) {
    figures_.done = done;
    const auto now = now_();
    if (now - started_ < silent || now - told_ < (terminal_ ? redrawn : between_lines)) return;
    told_ = now;
    figures_.took = std::chrono::duration_cast<milliseconds>(now - begun_);
    const auto text = progress_text(figures_, !terminal_);
    if (!terminal_) {
        err_ << text << std::endl;
        return;
    }
    err_ << '\r' << text << std::string(drawn_ > text.size() ? drawn_ - text.size() : 0, ' ') << std::flush;
    drawn_ = std::max(drawn_, text.size());
}

void Progress::clear() {
    if (drawn_ == 0) return;
    err_ << '\r' << std::string(drawn_, ' ') << '\r' << std::flush;
    drawn_ = 0;
}

bool errors_go_to_terminal() {
    return ::isatty(STDERR_FILENO) != 0;
}

}  // namespace tromp::ctl
