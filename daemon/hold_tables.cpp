#include "daemon/hold_tables.hpp"

#include "common/sql_text.hpp"

#include <spdlog/spdlog.h>
#include <sql/embedded.hpp>

namespace tromp {

pg::asio::awaitable<void> hold_tables(Flow& flow, const std::vector<Misfit>& misfits, const std::vector<int>& there) {
    const auto source = std::to_string(flow.from.node);
    for (const auto& misfit : misfits) {
        const auto query = render_sql(sql::hold_table, "source", source, "tbl", std::to_string(misfit.id), "schema",
                                      misfit.schema, "table", misfit.name, "reason", misfit.reason);
        const auto held = co_await flow.target.query(query);
        if (held.affected() > 0)
            spdlog::warn("link={} held table={}.{} reason=\"{}\"", flow.from.name, misfit.schema, misfit.name,
                         misfit.reason);
    }
    co_await flow.target.query(render_sql(sql::hold_forget, "source", source, "tables", array_text(there)));
}

}  // namespace tromp
