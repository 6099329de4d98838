#include "common/request.hpp"

#include <boost/json.hpp>

#include "common/error.hpp"

namespace tromp {

namespace json = boost::json;

std::string Request::text() const {
    json::object object{{"kind", kind}};
    if (from != 0) object["from"] = from;
    if (!tables.empty()) {
        json::array names;
        for (const auto& name : tables)
            names.emplace_back(name);
        object["tables"] = names;
    }
    return json::serialize(object);
}

Request parse_request(std::string_view text) {
    try {
        const auto value = json::parse(text);
        const auto& object = value.as_object();
        Request request;
        request.kind = object.at("kind").as_string();
        if (const auto* const from = object.if_contains("from")) request.from = from->to_number<int>();
        if (const auto* const tables = object.if_contains("tables")) {
            for (const auto& name : tables->as_array())
                request.tables.emplace(name.as_string());
        }
        return request;
    } catch (const std::exception& error) {
        throw Error("'" + std::string(text) + "' does not tell why a link begins anew: " + error.what());
    }
}

}  // namespace tromp
