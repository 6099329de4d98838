#include "common/parse_tree.hpp"

#include <pg_query.h>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <memory>

#include "common/error.hpp"

namespace tromp {
namespace {

namespace json = boost::json;

static_assert(PG_VERSION_NUM >= 150000, "earlier versions of libpg_query name some fields otherwise");

/// Of objects and arrays within each other; an operator within an operator makes two. PostgreSQL itself stops not far
/// above, at its max_stack_depth.
constexpr std::size_t deepest = 4'000;

struct FreeParse {
    void operator()(PgQueryParseResult* result) const { pg_query_free_parse_result(*result); }
};

std::size_t number_of(const json::object& fields, std::string_view key) {
    const auto* const value = fields.if_contains(key);
    return value != nullptr && value->is_int64() && value->get_int64() > 0
               ? static_cast<std::size_t>(value->get_int64())
               : 0;
}

std::vector<RawStatement> read(json::value tree, std::size_t size) {
    std::vector<RawStatement> statements;
    auto& list = tree.at("stmts").as_array();
    for (auto& item : list) {
        auto& fields = item.as_object();
        RawStatement statement;
        statement.begin = std::min(number_of(fields, "stmt_location"), size);
        const auto length = number_of(fields, "stmt_len");  // 0: the rest
        statement.end = length == 0 ? size : std::min(statement.begin + length, size);
        statement.node = std::move(fields.at("stmt"));
        statements.push_back(std::move(statement));
    }
    return statements;
}

}  // namespace

std::vector<RawStatement> parse_tree(std::string_view text) {
    const std::string ended(text);
    auto result = pg_query_parse(ended.c_str());
    const std::unique_ptr<PgQueryParseResult, FreeParse> owner(&result);
    if (result.error != nullptr) throw_parse_error(result.error->message, result.error->cursorpos, text);
    json::parse_options options;
    options.max_depth = deepest;
    json::error_code error;
    auto tree = json::parse(result.parse_tree, error, json::storage_ptr{}, options);
    if (error == json::error::too_deep) throw Error("this statement is nested too deeply to be read");
    if (error) throw Error("this text cannot be read: it is not valid UTF-8");
    try {
        return read(std::move(tree), text.size());
    } catch (const std::exception& unexpected) {
        throw Error(std::string("libpg_query returned a tree that cannot be read: ") + unexpected.what());
    }
}

void throw_parse_error(const std::string& message, int character, std::string_view text) {
    std::string where;
    if (character > 0) {
        std::size_t line = 1;
        std::size_t column = 1;
        int left = character - 1;
        for (const char c : text) {
            if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) continue;
            if (left-- == 0) break;
            column = c == '\n' ? 1 : column + 1;
            line += c == '\n' ? 1 : 0;
        }
        where = " in line " + std::to_string(line) + ", column " + std::to_string(column);
    }
    throw Error("this cannot be parsed: " + message + where +
                " (as SQL of PostgreSQL " PG_MAJORVERSION
                "; a statement that only later versions know must be run directly at every node)");
}

NamedNode named_node(const json::value& node) {
    static const json::object none;
    const auto* const object = node.if_object();
    if (object == nullptr || object->size() != 1 || !object->begin()->value().is_object()) return {{}, none};
    return {object->begin()->key(), object->begin()->value().get_object()};
}

std::string_view text_of(const json::object& fields, std::string_view key) {
    const auto* const value = fields.if_contains(key);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view{};
}

bool flag_of(const json::object& fields, std::string_view key) {
    const auto* const value = fields.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

const json::object& object_of(const json::object& fields, std::string_view key) {
    static const json::object none;
    const auto* const value = fields.if_contains(key);
    return value != nullptr && value->is_object() ? value->get_object() : none;
}

const json::array& list_of(const json::object& fields, std::string_view key) {
    static const json::array none;
    const auto* const value = fields.if_contains(key);
    return value != nullptr && value->is_array() ? value->get_array() : none;
}

std::vector<std::string> name_parts(const json::array& strings) {
    std::vector<std::string> parts;
    for (const auto& item : strings) {
        const auto node = named_node(item);
        if (node.name == "String") parts.emplace_back(text_of(node.fields, "sval"));
    }
    return parts;
}

std::vector<std::string> name_parts(const json::value& value) {
    const auto node = named_node(value);
    if (node.name == "String") return {std::string(text_of(node.fields, "sval"))};
    if (node.name == "List") return name_parts(list_of(node.fields, "items"));
    if (node.name == "TypeName") return name_parts(list_of(node.fields, "names"));
    if (node.name == "ObjectWithArgs") return name_parts(list_of(node.fields, "objname"));
    if (node.name == "RangeVar") {
        const auto schema = text_of(node.fields, "schemaname");
        std::vector<std::string> parts;
        if (!schema.empty()) parts.emplace_back(schema);
        parts.emplace_back(text_of(node.fields, "relname"));
        return parts;
    }
    return {};
}

}  // namespace tromp
