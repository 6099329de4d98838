#include "ctl/copy_schema.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>

#include <sql/embedded.hpp>

#include "common/sql_text.hpp"
#include "ctl/program.hpp"

namespace tromp::ctl {
namespace {

/// A folder of its own that goes with the object.
class Folder {
  public:
    Folder() {
        auto name = (std::filesystem::temp_directory_path() / "trompctl-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw Error("cannot make a temporary folder " + name);
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string file(const char* name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

/// Triggers and event triggers of ours; init makes them.
bool is_made_by_init(const std::string& line) {
    return line.find(" TRIGGER ") != std::string::npos && line.find(" trompd_") != std::string::npos;
}

std::string without_ours(const std::string& contents) {
    std::istringstream lines(contents);
    std::string kept;
    for (std::string line; std::getline(lines, line);) {
        if (!is_made_by_init(line)) kept += line + "\n";
    }
    return kept;
}

struct Tables {
    std::int64_t here = 0;     ///< of users
    std::int64_t missing = 0;  ///< of those that the neighbour replicates
};

asio::awaitable<Tables> look(pg::Connection& own, pg::Connection& there) {
    const auto replicated = co_await there.query(std::string(sql::tables_list));
    Tables tables;
    for (int row = 0; row < replicated.rows(); ++row) {
        const auto name = quote_literal(replicated.at(row, "table_name"));
        const std::string query = "SELECT to_regclass(" + name + ") IS NULL AS missing";
        const auto answer = co_await own.query(query);
        if (answer.boolean(0, "missing")) ++tables.missing;
    }
    const auto here = co_await own.query(std::string(sql::copy_schema_look));
    tables.here = here.number(0, "tables");
    co_return tables;
}

void dump_and_restore(const std::string& from, const std::string& to) {
    const Folder folder;
    const auto source = connection_words(from);
    const auto target = connection_words(to);
    run_program({{"pg_dump", "--schema-only", "--format=custom", "--exclude-schema=replication", "--no-owner",
                  "--no-privileges", "--no-publications", "--no-subscriptions", "--no-tablespaces", "--file",
                  folder.file("schema"), "--dbname", source.conninfo},
                 source.environment});
    const auto contents = run_program({{"pg_restore", "--list", folder.file("schema")}});
    std::ofstream(folder.file("contents")) << without_ours(contents);
    run_program({{"pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
                  "--use-list", folder.file("contents"), "--dbname", target.conninfo, folder.file("schema")},
                 target.environment});
}

}  // namespace

asio::awaitable<void> copy_schema(Context& context, const NodeName& name) {
    const auto& neighbour =
        reachable_neighbour(context.config, name.node, "make its tables here by hand, and join without --schema");
    Tables tables;
    {
        const auto own = co_await open_database(context);
        pg::Options options;
        options.label = neighbour.name;
        options.application_name = "trompctl";
        const auto there = co_await pg::Connection::open(*neighbour.database, options);
        tables = co_await look(*own, *there);
    }
    if (tables.missing == 0) {
        context.err << "note: the tables are here already\n";
    } else if (tables.here > 0) {
        throw Error(
            "--schema makes the tables in an empty database, but there are tables here already; make those that "
            "are missing by hand, and join without --schema");
    } else {
        dump_and_restore(*neighbour.database, context.config.database);
        context.out << "made the tables of " << neighbour.name << "\n";
    }
    const auto exit = co_await run_init(context);
    if (exit != Exit::done)
        context.err << "note: the tables that were named are not replicated; the others are joined\n";
}

}  // namespace tromp::ctl
