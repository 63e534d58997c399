#pragma once

#include <chrono>
#include <optional>

namespace kdeps {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Where time comes from; tests pass a FakeClock.
///
/// Threads: safe to share.
class Clock {
 public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual SteadyTime now() const = 0;
};

/// The machine's clock.
[[nodiscard]] const Clock& steady_clock();

/// A point on the steady clock by which something must be done, or never.
class Deadline {
 public:
    [[nodiscard]] static Deadline never() { return Deadline{SteadyTime::max()}; }
    [[nodiscard]] static Deadline at(SteadyTime time) { return Deadline{time}; }
    [[nodiscard]] static Deadline after(std::chrono::nanoseconds span,
                                        SteadyTime now = std::chrono::steady_clock::now()) {
        return span >= SteadyTime::max() - now
                   ? never()
                   : Deadline{now + std::chrono::duration_cast<SteadyTime::duration>(span)};
    }

    [[nodiscard]] bool is_never() const { return time_ == SteadyTime::max(); }
    [[nodiscard]] bool is_expired(SteadyTime now = std::chrono::steady_clock::now()) const {
        return now >= time_;
    }
    [[nodiscard]] SteadyTime time() const { return time_; }
    /// Time left, rounded up to milliseconds, at least 0; nullopt for never.
    [[nodiscard]] std::optional<std::chrono::milliseconds> remaining(
        SteadyTime now = std::chrono::steady_clock::now()) const {
        if (is_never()) return std::nullopt;
        if (now >= time_) return std::chrono::milliseconds(0);
        return std::chrono::ceil<std::chrono::milliseconds>(time_ - now);
    }
    [[nodiscard]] Deadline earlier(Deadline other) const {
        return time_ <= other.time_ ? *this : other;
    }
    bool operator==(const Deadline&) const = default;

 private:
    explicit Deadline(SteadyTime time) : time_(time) {}
    SteadyTime time_;
};

}  // namespace kdeps
