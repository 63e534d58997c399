#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "kdeps/worker/worker_pool.hpp"

#include "conversation.hpp"

namespace kdeps::worker {

/// What a pool knows of scripts: those that were used last.
///
/// Threads: safe to share.
class ScriptBook {
 public:
    explicit ScriptBook(std::size_t max_scripts) : max_scripts_(max_scripts) {}

    /// What workers call a script; never that of another one.
    [[nodiscard]] std::int64_t number_of(const Script& script);
    [[nodiscard]] std::optional<Analysis> analysis_of(const Script& script);
    void keep(const Script& script, const Analysis& analysis);

 private:
    /// Equal for equal scripts only. Made and hashed without the lock: sources may be long.
    struct Identity {
        explicit Identity(const Script& script);
        bool operator==(const Identity& other) const { return text == other.text; }

        std::string text;
        std::size_t hash;
    };
    struct Hash {
        std::size_t operator()(const Identity& identity) const noexcept { return identity.hash; }
    };
    struct Known {
        std::int64_t number;
        std::list<const Identity*>::iterator use;
        std::optional<Analysis> analysis = std::nullopt;
    };
    /// The mutex is held.
    [[nodiscard]] Known& known(Identity&& identity);

    const std::size_t max_scripts_;
    std::mutex mutex_;
    std::unordered_map<Identity, Known, Hash> scripts_;
    std::list<const Identity*> uses_;  ///< Last used last.
    std::int64_t last_number_ = 0;
};

}  // namespace kdeps::worker
