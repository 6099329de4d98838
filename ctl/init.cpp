#include <ostream>

#include "common/install.hpp"
#include "ctl/capture_text.hpp"
#include "ctl/command.hpp"

namespace tromp::ctl {
namespace {

void print(const InstallReport& report, Context& context) {
    const auto version = std::to_string(report.new_version);
    if (report.old_version == 0) {
        context.out << "made schema replication, version " << version << "\n";
    } else if (report.old_version < report.new_version) {
        context.out << "upgraded schema replication from version " << report.old_version << " to " << version << "\n";
    }
    if (!report.moved.empty()) {
        context.out << "this database was moved since its links began (" << report.moved
                    << "): they begin anew, each with a comparison\n";
    }
    print_captured(report.tables, context);
    if (context.config.ddl.capture && !report.sees_statements) {
        context.err
            << "note: statements that change the schema are not seen when they are given directly, since only a "
               "superuser can make event\ntriggers; give them to trompctl ddl, or run init as a superuser once\n";
    }
    for (const auto& table : report.awaited)
        context.err << "note: `large_objects` names table " << table << ", which is not there yet\n";
    for (const auto& table : report.unmatched) {
        context.err << "note: table " << table << " is replicated, but no longer matched by `tables` in "
                    << context.config.file << "; to end that: trompctl tables remove '" << table << "'\n";
    }
    for (const auto& node : report.unlisted_nodes) {
        context.err << "note: neighbour " << node << " is not in " << context.config.file
                    << ", but the log is still kept for it; to end the link: trompctl remove "
                    << node.substr(0, node.find(' ')) << "\n";
    }
}

}  // namespace

asio::awaitable<Exit> run_init(Context& context) {
    context.arguments.finish();
    const auto connection = co_await open_database(context);
    const auto report = co_await install(*connection, context.config);
    print(report, context);
    if (!report.tables.refused.empty()) co_return Exit::no;
    co_return Exit::done;
}

}  // namespace tromp::ctl
