#include "common/object_sql.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {

std::string bytes_sql(const std::string& object) {
    return render_sql(sql::object_bytes, "object", object);
}

std::string content_sql(const std::string& object, const std::string& block) {
    return render_sql(sql::object_content, "object", object, "block", block);
}

std::string blocks_sql(const std::string& object) {
    return render_sql(sql::object_blocks, "object", object, "content", content_sql(object, "g.block"));
}

std::string object_digest(const std::string& column) {
    const auto object = "t." + quote_identifier(column);
    return render_sql(sql::object_digest, "object", object, "bytes", bytes_sql(object), "blocks", blocks_sql(object));
}

}  // namespace tromp
