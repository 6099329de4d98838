#include "common/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

namespace tromp {
namespace {

constexpr std::array<const char*, 5> levels{"trace", "debug", "info", "warn", "error"};

/// sd-daemon(3): a number in angle brackets in front of the line is its syslog priority.
class JournalPriority : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& out) override {
        const char priority = message.level >= spdlog::level::err    ? '3'
                              : message.level == spdlog::level::warn ? '4'
                              : message.level == spdlog::level::info ? '6'
                                                                     : '7';
        out.push_back('<');
        out.push_back(priority);
        out.push_back('>');
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JournalPriority>(); }
};

}  // namespace

bool is_log_level(const std::string& level) {
    return std::find(levels.begin(), levels.end(), level) != levels.end();
}

void set_log_level(const std::string& level) {
    spdlog::set_level(spdlog::level::from_str(level == "warn" ? "warning" : level));
}

void start_log(const std::string& level) {
    auto logger = std::make_shared<spdlog::logger>("trompd", std::make_shared<spdlog::sinks::stderr_sink_st>());
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    if (std::getenv("JOURNAL_STREAM") != nullptr) {
        formatter->add_flag<JournalPriority>('*').set_pattern("%*%v");
    } else {
        formatter->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
    }
    logger->set_formatter(std::move(formatter));
    spdlog::set_default_logger(std::move(logger));
    set_log_level(level);
}

}  // namespace tromp
