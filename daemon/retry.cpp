#include "daemon/retry.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <iterator>

namespace tromp {

bool is_contention(std::string_view sqlstate) {
    return sqlstate.starts_with("40") || sqlstate == "55P03";
}

bool is_transient(std::string_view sqlstate) {
    constexpr std::string_view classes[] = {"08", "53", "57", "58"};
    return is_contention(sqlstate) || std::any_of(std::begin(classes), std::end(classes),
                                                  [&](std::string_view c) { return sqlstate.starts_with(c); });
}

bool needs_rows(std::string_view sqlstate) {
    return sqlstate.starts_with("23");
}

bool is_contradiction(std::string_view sqlstate) {
    constexpr std::string_view there[] = {"42P07", "42701", "42710", "42723", "42P06", "42P16"};
    constexpr std::string_view not_there[] = {"42P01", "42703", "42704", "42883", "3F000"};
    const auto is_state = [&](std::string_view state) { return state == sqlstate; };
    return std::any_of(std::begin(there), std::end(there), is_state) ||
           std::any_of(std::begin(not_there), std::end(not_there), is_state);
}

std::string advice(std::string_view sqlstate) {
    if (sqlstate == "3F000" || sqlstate == "42P01" || sqlstate == "42883") {
        return "; was trompctl init run in that database, and the table not dropped since?";
    }
    if (sqlstate == "25006") return "; is it a standby, or read-only? give the primary's address";
    if (sqlstate == "22P05")
        return "; change that value at the other end, or make this database anew with ENCODING 'UTF8', which has all "
               "characters";
    if (sqlstate.starts_with("22") || sqlstate.starts_with("23"))
        return "; a value from the other end does not fit here: compare the types of both ends, then trompctl sync";
    return "";
}

std::optional<std::string> why(const std::exception_ptr& error) {
    try {
        if (error) std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
        if (e.code() != boost::asio::error::operation_aborted) return e.what();
    } catch (const std::exception& e) {
        return e.what();
    }
    return std::nullopt;
}

}  // namespace tromp
