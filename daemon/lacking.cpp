#include "daemon/lacking.hpp"

#include "common/sql_text.hpp"

#include <boost/json.hpp>
#include <sql/embedded.hpp>

namespace tromp {
namespace {

namespace json = boost::json;

/// All pairs, as [table here, [columns that one end lacks]].
SqlValues lacking_of(const Flow& flow) {
    json::array tables;
    for (const auto& entry : flow.pairs) {
        json::array columns;
        for (const auto& name : entry.second.lacking)
            columns.emplace_back(name);
        tables.push_back(json::array{entry.second.target.id, columns});
    }
    return {{"source", std::to_string(flow.from.node)}, {"tables", json::serialize(tables)}};
}

}  // namespace

pg::asio::awaitable<void> forget_comparisons(Flow& flow) {
    co_await flow.target.query(render_sql(sql::lacking_forget, lacking_of(flow)));
}

pg::asio::awaitable<void> note_lacking(Flow& flow) {
    co_await flow.target.query(render_sql(sql::lacking_note, lacking_of(flow)));
}

}  // namespace tromp
