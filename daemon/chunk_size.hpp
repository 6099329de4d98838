#pragma once

#include <chrono>
#include <cstdint>

namespace tromp {

/// How many events a batch is to have, so that it takes some seconds at the most, however slow the link is, and is not
/// cut off again and again where the link does not last. Begins with few and grows quickly. Knows no clock.
class ChunkSize {
  public:
    using Duration = std::chrono::duration<double>;

    /// At most `most` events, and at least one.
    explicit ChunkSize(std::uint64_t most);

    std::uint64_t events() const { return events_; }

    /// There is a new connection, perhaps by another way: what was known of the old one's rate may hold no longer.
    void connected();

    /// A batch that was full took so long until it was committed. One that was not says nothing of the link's rate.
    void committed(std::uint64_t events, Duration took);

    /// The link broke so long after a batch had begun, and nothing of it is kept.
    void broken(Duration after);

  private:
    std::uint64_t most_;
    std::uint64_t events_;
    Duration aim_;  ///< how long a batch may take
};

}  // namespace tromp
