#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/error.hpp"
#include "kdeps/base/event.hpp"

namespace kdeps {

/// How long something took, or how much of it there was: what metrics and health scores are made
/// of. The texts have few different values, and live as long as the call of measure().
struct Measurement {
    enum class Kind {
        PoolWait,     ///< From asking for a connection to having one or giving up; of a pool.
        Statement,    ///< One statement or unit of work at the database; of a pool.
        Lease,        ///< From having a connection to giving it back, see `verdict`; of a pool.
        Cleaning,     ///< What a pool did to a connection that came back; of a pool.
        Queue,        ///< From the last byte of a request to the thread that answers it.
        WorkerWait,   ///< From asking for a Python worker to having one, which may have to be
                      ///< started, or giving up; of a script.
        WorkerCall,   ///< From having a Python worker to its answer, or to its end if that is what
                      ///< comes of the call; of a script.
        RequestRead,  ///< From the first byte of a request, or of its body if it has one, to the
                      ///< last; `amount` bytes.
        AnswerSent,   ///< From an answer's beginning to its last byte, `amount` bytes.
        Refusal,      ///< From a request's first byte to its being turned away; of who does that:
                      ///< "front" (what was read of it is wrong, or too slow), "bodies" (those of
                      ///< all requests are too large), or, from its last byte on, "workers" (all
                      ///< are busy) or "run" (its time is over).
    };
    Kind kind;
    std::string_view name = {};  ///< Of whom, see Kind.
    std::chrono::nanoseconds duration{};
    std::uint64_t amount = 1;
    std::string_view error = {};     ///< The code's name; empty when all went well.
    std::string_view sqlstate = {};  ///< Of the error, if the database said one.
    std::string_view verdict = {};   ///< What the connection needs before its next use.
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
    /// One that began earlier, at a time that was known anyway.
    Stopwatch(const EventSink& events, SteadyTime began) noexcept
        : sink_(events.measures()), began_(began) {}
    /// Tells of the time since the beginning.
    void stop(Measurement measurement) const noexcept {
        if (sink_ == nullptr) return;
        measurement.duration = std::chrono::steady_clock::now() - began_;
        sink_->measure(measurement);
    }

 private:
    MeasureSink* sink_;
    SteadyTime began_{};
};

/// Returns what `work` returns, and tells how long that took and how it failed.
template <typename Work>
auto measured(const EventSink& events, Measurement::Kind kind, std::string_view name,
              const Work& work) {
    const Stopwatch watch(events);
    try {
        if constexpr (std::is_void_v<decltype(work())>) {
            work();
            watch.stop({.kind = kind, .name = name});
        } else {
            auto result = work();
            watch.stop({.kind = kind, .name = name});
            return result;
        }
    } catch (const Error& error) {
        watch.stop({.kind = kind,
                    .name = name,
                    .error = error_name(error.code()),
                    .sqlstate = error.detail().sqlstate});
        throw;
    }
}

}  // namespace kdeps
