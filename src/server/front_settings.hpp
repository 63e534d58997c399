#pragma once

#include <chrono>
#include <cstddef>

namespace kdeps::server {

/// Bounds on one request, checked while it is read.
struct RequestLimits {
    std::size_t request_line_bytes = 8u << 10;  ///< Beyond: 414.
    std::size_t header_bytes = 32u << 10;       ///< All fields together; beyond: 431.
    std::size_t header_fields = 100;            ///< Beyond: 431.
    std::size_t body_bytes = 10u << 20;         ///< After chunked decoding; beyond: 413.
};

/// Everything about the front that tests want shorter or smaller; users see none of it.
struct FrontSettings {
    RequestLimits limits;
    std::chrono::milliseconds head_timeout{10'000};  ///< First byte to the end of the head.
    std::chrono::milliseconds body_timeout{10'000};  ///< Longest silence inside a body.
    /// Bodies of all connections together, or of one if that may be larger; beyond: 503.
    std::size_t all_bodies_bytes = 256u << 20;
    /// Answers that their clients have not taken yet; beyond: the slowest readers are closed.
    std::size_t all_answers_bytes = 256u << 20;
    std::size_t body_bytes_per_second = 1024;         ///< Average a body must keep, see below.
    std::chrono::milliseconds body_grace{10'000};     ///< Head start before the average counts.
    std::chrono::milliseconds idle_timeout{75'000};   ///< Between two requests.
    std::chrono::milliseconds write_timeout{30'000};  ///< Without one byte taken by the client.
    std::chrono::milliseconds linger_timeout{1'000};  ///< Reading on after an early refusal.
    std::chrono::milliseconds sweep_interval{250};    ///< How exact all of these are.
    std::chrono::milliseconds drain_timeout{10'000};  ///< Running requests may finish.
    /// After their stop tokens, before closing. Longer than it takes to shut down a session whose
    /// database is stuck (2 s), so that its request is answered.
    std::chrono::milliseconds cancel_timeout{3'000};
    std::chrono::milliseconds late_after{1};        ///< Waiting longer wakes one more worker.
    std::chrono::milliseconds queue_patience{100};  ///< Waiting longer at the limit: 503.
    std::size_t hot_workers = 0;                    ///< 0: twice the cores.
    std::size_t max_workers = 256;                  ///< `maxConcurrent`.
    std::size_t max_connections = 10'000;  ///< Also at most three quarters of the process's files.
    int backlog = 4096;
};

}  // namespace kdeps::server
