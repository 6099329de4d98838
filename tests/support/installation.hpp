#pragma once

#include <filesystem>
#include <string_view>

namespace tromp::test {

/// A program of the PostgreSQL server, as "initdb": from $TROMP_PG_BINDIR when set, or where pg_config says, or the
/// newest below /usr/lib/postgresql. Throws std::runtime_error when there is no server.
std::filesystem::path postgres_program(std::string_view name);

/// A data directory fresh from initdb (superuser `postgres`, trust, UTF8, C.UTF-8), to be copied, never started. Made
/// once for each version of the server and kept below temp_root(); test processes that run in parallel wait for one
/// another.
std::filesystem::path cluster_template();

/// The same at `dir`, which does not exist, with a system identifier that no other has.
void make_cluster_files(const std::filesystem::path& dir);

}  // namespace tromp::test
