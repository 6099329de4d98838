#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tromp {

/// A transaction id with its epoch, as PostgreSQL's xid8; 0 is none.
using Xid = std::uint64_t;

/// PostgreSQL's pg_snapshot: which transactions count as finished. Everything below xmax, but for those in `xip`.
/// A position in a neighbour's log is one: the events of the transactions that it contains have been read.
struct Snapshot {
    Xid xmax = 1;
    std::vector<Xid> xip;  ///< ascending, each below xmax

    bool contains(Xid xid) const;
    /// Contains all that `other` contains.
    bool covers(const Snapshot& other) const;
    bool operator==(const Snapshot&) const = default;

    /// PostgreSQL's text form, xmin:xmax:xip,…
    std::string text() const;
    /// The text form of the xip alone as an xid8[] literal.
    std::string xip_array() const;
    /// Throws Error where `text` is no snapshot.
    static Snapshot parse(std::string_view text);
};

/// The position after reading, under snapshot `now`, the unread events of all transactions up to `last`, and no
/// further.
///
/// Not `now` itself: after a crash the source uses the ids of transactions again that left no flushed WAL, so an id
/// above the last event read may yet come with an event (docs/how-it-works.md, 3). Never moves back: `old` stays
/// contained. `last` is 0 where nothing was read; the position is then unchanged.
Snapshot cut(const Snapshot& now, const Snapshot& old, Xid last);

/// A place in the write-ahead log.
using Lsn = std::uint64_t;

/// Throws Error where `text` is no pg_lsn.
Lsn parse_lsn(std::string_view text);

/// Is everything before `inserted` on disk, given how far the log is flushed? An insert position behind a page's header
/// counts as the start of that page: the header is written with the page's first record.
bool is_flushed(Lsn inserted, Lsn flushed);

}  // namespace tromp
