#include "daemon/lacking.hpp"

#include "common/sql_text.hpp"

#include <boost/json.hpp>
#include <sql/embedded.hpp>

#include <algorithm>
#include <set>

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

pg::asio::awaitable<void> set_half_changed_aside(Flow& flow, std::vector<Misfit>& misfits) {
    const bool any = std::any_of(flow.pairs.begin(), flow.pairs.end(),
                                 [](const auto& entry) { return !entry.second.lacking.empty(); });
    if (!any) co_return;
    const auto rows =
        co_await flow.target.query(render_sql(sql::statements_unread, "source", std::to_string(flow.from.node)));
    std::set<int> tables;
    for (int row = 0; row < rows.rows(); ++row)
        tables.insert(static_cast<int>(rows.number(row, "tbl")));
    for (auto pair = flow.pairs.begin(); pair != flow.pairs.end();) {
        const auto& source = pair->second.source;
        const auto& lacking = pair->second.lacking;
        if (lacking.empty() || !tables.contains(pair->second.target.id)) {
            ++pair;
            continue;
        }
        misfits.push_back({source.id, source.schema, source.name,
                           "table " + source.display_name() + " waits until " + flow.from.name +
                               " has read a statement about it: only one of them has column " + *lacking.begin()});
        pair = flow.pairs.erase(pair);
    }
}

pg::asio::awaitable<void> forget_comparisons(Flow& flow) {
    co_await flow.target.query(render_sql(sql::lacking_forget, lacking_of(flow)));
}

pg::asio::awaitable<void> note_lacking(Flow& flow) {
    co_await flow.target.query(render_sql(sql::lacking_note, lacking_of(flow)));
}

}  // namespace tromp
