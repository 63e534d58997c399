#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/value.hpp"

namespace kdeps::worker {

/// Tables that went to a worker during one call; it may send their numbers back.
///
/// A number is the call's number in the upper and an index in the lower 32 bits, so that a table a
/// script kept from an earlier call is never taken for one of this call.
class SentTables {
 public:
    explicit SentTables(std::uint32_t call_number) : call_number_(call_number) {}

    [[nodiscard]] std::uint32_t call_number() const { return call_number_; }
    std::uint64_t add(TableRef table);
    /// Errors: Error(WorkerCrashed) if no such table was sent.
    [[nodiscard]] const TableRef& at(std::uint64_t handle) const;

 private:
    std::uint32_t call_number_;
    std::vector<TableRef> tables_;
};

/// Appends a value in the form that workers read.
///
/// Values:  one tag byte, then little-endian contents. `N` nil, `T` `F` bool, `i` int64, `d`
/// double,
///          `l` count and values, `o` count and (name, value) pairs; with a 32-bit length and text:
///          `I` larger integer, `D` decimal, `s` string, `b` bytes, `p` date, `q` time,
///          `r` timestamp, `z` timestamptz. `t` is a table: number (64 bits), format, truncated
///          (a byte each), column names, row count, then all cells. `h` (only from workers) is the
///          number of a table that was sent before.
/// Errors:  Error(ResultTooLarge) for one string, list or table past 4 GiB.
void encode(const Value& value, SentTables& tables, std::string& out);

/// Reads one value that a worker sent; the whole of `data` must be used.
///
/// Errors:  Error(WorkerCrashed) for anything that is not such a value.
[[nodiscard]] Value decode(std::string_view data, const SentTables& tables);

}  // namespace kdeps::worker
