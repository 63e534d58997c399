#include "kdeps/engine/memory_store.hpp"

#include <utility>

#include <fmt/core.h>

#include "kdeps/base/error.hpp"

namespace kdeps::engine {
namespace {

/// What an entry of a map and a text of its own take beside what they hold.
constexpr std::size_t kEntryBytes = 128;
/// Requests could put what is kept into itself, level by level.
constexpr int kMaxDepth = 100;

Error full(const std::string& what) {
    return {ErrorCode::ExpressionFailed,
            "the 'memory' store is full: " + what,
            {.hint = "take entries away with set(key, nil, 'memory'), or keep them in a database"}};
}

/// Copies what a value holds of others' memory, and counts what the copy keeps alive: shared parts
/// as often as they are reached.
class Keeper {
 public:
    explicit Keeper(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    [[nodiscard]] Value keep(const Value& value, int depth = 0) {
        if (depth > kMaxDepth) {
            throw Error(
                ErrorCode::ExpressionFailed,
                fmt::format("a value of the 'memory' store is nested in more than {} levels",
                            kMaxDepth),
                {.hint = "keep less of it, or keep it in a database"});
        }
        claim(sizeof(Value));
        switch (value.kind()) {
            case Kind::List: {
                Value::List items;
                items.reserve(value.size());
                for (const Value& item : value.as_list()) items.push_back(keep(item, depth + 1));
                return Value(std::move(items));
            }
            case Kind::Object: {
                Object members;
                value.for_each_member([&](const std::string& name, const Value& member) {
                    claim(kEntryBytes + name.size());
                    members.set(name, keep(member, depth + 1));
                });
                return Value(std::move(members));
            }
            case Kind::Table:
                claim(value.as_table().table->byte_size());
                return value;
            default:
                claim(value.printed_bytes());
                return value;
        }
    }
    void claim(std::size_t bytes) {
        bytes_ += bytes;
        if (bytes_ > max_bytes_) {
            throw full(fmt::format("its values take at most {} bytes", max_bytes_));
        }
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
    const std::size_t max_bytes_;
    std::size_t bytes_ = 0;
};

}  // namespace

void MemoryStore::set(const std::string& key, const Value& value) {
    Keeper keeper(limits_.bytes);
    keeper.claim(kEntryBytes + key.size());
    Entry entry{keeper.keep(value), keeper.bytes()};
    Value replaced;  // freed without the lock
    const std::lock_guard lock(mutex_);
    const auto known = entries_.find(key);
    const std::size_t freed = known == entries_.end() ? 0 : known->second.bytes;
    if (value.is_null()) {
        if (known == entries_.end()) return;
        replaced = std::move(known->second.value);
        entries_.erase(known);
        bytes_ -= freed;
        return;
    }
    if (known == entries_.end() && entries_.size() >= limits_.entries) {
        throw full(fmt::format("it has {} entries", limits_.entries));
    }
    const std::size_t bytes = bytes_ - freed + entry.bytes;
    if (bytes > limits_.bytes) {
        throw full(fmt::format("it holds {} bytes of {}, and '{}' takes {}", bytes_ - freed,
                               limits_.bytes, key, entry.bytes));
    }
    if (known == entries_.end()) {
        entries_.emplace(key, std::move(entry));
    } else {
        replaced = std::move(known->second.value);
        known->second = std::move(entry);
    }
    bytes_ = bytes;
}

std::optional<Value> MemoryStore::find(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    return found == entries_.end() ? std::nullopt : std::optional(found->second.value);
}

void MemoryStore::clear() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    bytes_ = 0;
}

std::size_t MemoryStore::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

}  // namespace kdeps::engine
