#pragma once

#include "common/install.hpp"
#include "ctl/command.hpp"

namespace tromp::ctl {

/// Says what was captured on the output, and what could not be, with the reason, on the error output.
void print_captured(const CaptureReport& report, Context& context);

}  // namespace tromp::ctl
