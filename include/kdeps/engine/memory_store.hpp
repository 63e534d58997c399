#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "kdeps/base/value.hpp"

namespace kdeps::engine {

/// Values that outlive a run: `set(key, value, 'memory')`. Lives as long as the process.
///
/// Threads: safe to share.
class MemoryStore {
 public:
    struct Limits {
        std::size_t entries = 10'000;
        std::size_t bytes = std::size_t{64} << 20;  ///< Of keys and values, as they lie in memory.
    };

    MemoryStore() = default;
    explicit MemoryStore(Limits limits) : limits_(limits) {}

    /// Nil takes the entry away. Rows are copied out of their table, which may be a large one; a
    /// table counts with all of its rows.
    ///
    /// Errors: Error(ExpressionFailed) when the store would pass a limit; nothing has changed then.
    void set(const std::string& key, const Value& value);
    [[nodiscard]] std::optional<Value> find(const std::string& key) const;
    [[nodiscard]] std::size_t bytes() const;
    void clear();

 private:
    struct Entry {
        Value value;
        std::size_t bytes;
    };
    const Limits limits_{};
    mutable std::mutex mutex_;
    std::map<std::string, Entry> entries_;
    std::size_t bytes_ = 0;
};

}  // namespace kdeps::engine
