#include "ctl/copy_schema.hpp"
#include "ctl/interrupt.hpp"
#include "ctl/make_equal.hpp"

namespace tromp::ctl {
namespace {

asio::awaitable<Exit> join(Context& context, NodeName neighbour, bool with_schema) {
    if (with_schema) co_await copy_schema(context, neighbour);
    const Request request{.kind = "join"};
    co_return co_await make_equal(context, neighbour, request);
}

}  // namespace

asio::awaitable<Exit> run_join(Context& context) {
    const bool with_schema = context.arguments.flag("--schema");
    const auto word = context.arguments.required("the NEIGHBOUR to join");
    context.arguments.finish();
    const auto neighbour = find_neighbour(word, neighbours_of(context.config));
    co_return co_await unless_interrupted(join(context, neighbour, with_schema),
                                          "the daemons go on; the same command shows how far they are");
}

}  // namespace tromp::ctl
