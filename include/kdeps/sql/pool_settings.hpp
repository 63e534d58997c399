#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace kdeps::sql {

enum class ResetPolicy {
    Auto,     ///< Reset a session only when the server or the lexer says it may be dirty.
    Discard,  ///< Reset after every use.
    None,     ///< Never reset; still rolls back.
};

/// How a pool behaves. Each setting is live on a running pool.
struct PoolSettings {
    std::string name;                  ///< Key under `sqlConnections`.
    std::size_t max_connections = 10;  ///< Hard upper bound of server sessions, at least 1.
    std::size_t min_connections = 0;   ///< Kept open, at most max_connections.
    std::chrono::milliseconds max_idle_time{600'000};      ///< Idle longer: closed down to the min.
    std::chrono::milliseconds max_lifetime{1'800'000};     ///< Older: replaced; 10 % jitter.
    std::chrono::milliseconds connection_timeout{30'000};  ///< Longest wait for a lease; positive.
    std::size_t max_waiters = 1000;                        ///< More are refused at once.
    std::chrono::milliseconds health_check_interval{30'000};
    std::string health_check_query;  ///< Empty: the protocol's own ping.
    ResetPolicy reset_on_release = ResetPolicy::Auto;
    bool required = false;  ///< Unreachable at start: exit 1 instead of starting without it.

    bool operator==(const PoolSettings&) const = default;
};

}  // namespace kdeps::sql
