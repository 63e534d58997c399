#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "kdeps/base/event.hpp"

namespace kdeps {

/// How long something took, or how much of it there was: what metrics and health scores are made
/// of.
struct Measurement {
    enum class Kind {
        PoolWait,  ///< From asking for a connection to having one or giving up; `name` is the pool.
        Statement,     ///< One statement or unit of work at the database; `name` is the pool.
        QueueTime,     ///< From the last byte of a request to the thread that answers it.
        WorkerCall,    ///< One call of a Python worker; `name` is the resource.
        RequestBytes,  ///< `amount` bytes of a request's body.
        AnswerBytes,   ///< `amount` bytes of an answer's body.
        Refusal,  ///< A request that was turned away before it ran; `name` is the error's code.
    };
    Kind kind;
    std::string_view name = {};  ///< Lives as long as the call of measure().
    std::chrono::nanoseconds duration{};
    std::uint64_t amount = 1;
    bool failed = false;
};

/// Who adds up measurements.
///
/// Threads: called from any thread, at once; must not throw, wait or take long.
class MeasureSink {
 public:
    virtual ~MeasureSink() = default;
    virtual void measure(const Measurement& measurement) noexcept = 0;
};

/// Measures one duration. Costs a test of a pointer when nobody listens.
class Stopwatch {
 public:
    explicit Stopwatch(const EventSink& events) noexcept : sink_(events.measures()) {
        if (sink_ != nullptr) began_ = std::chrono::steady_clock::now();
    }
    void stop(Measurement::Kind kind, std::string_view name, bool failed = false) const noexcept {
        if (sink_ == nullptr) return;
        sink_->measure({.kind = kind,
                        .name = name,
                        .duration = std::chrono::steady_clock::now() - began_,
                        .failed = failed});
    }

 private:
    MeasureSink* sink_;
    std::chrono::steady_clock::time_point began_{};
};

}  // namespace kdeps
