#include "ctl/capture_text.hpp"

#include <ostream>

namespace tromp::ctl {

void print_captured(const CaptureReport& report, Context& context) {
    for (const auto& table : report.added)
        context.out << "captured table " << table << "\n";
    if (!report.renewed.empty()) {
        context.out << report.renewed.size() << (report.renewed.size() == 1 ? " table was" : " tables were")
                    << " captured before\n";
    }
    for (const auto& sequence : report.sequences) {
        context.out << "partitioned sequence " << sequence << " (node " << context.config.node << " of "
                    << context.config.max_nodes << ")\n";
    }
    for (const auto& table : report.refused) {
        context.err << "trompctl: table " << table.table << " cannot be replicated: " << table.reason << "\n";
    }
}

}  // namespace tromp::ctl
