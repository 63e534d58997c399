#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "kdeps/base/measure.hpp"

namespace kdeps::test {

/// An EventSink without events, whose measurements are kept.
class Measures final : public EventSink, public MeasureSink {
 public:
    using Kind = Measurement::Kind;

    Measures() { set_measures(this); }

    void emit(const Event&) noexcept override {}
    [[nodiscard]] bool wants(LogLevel) const noexcept override { return false; }
    void measure(const Measurement& measurement) noexcept override {
        const std::lock_guard lock(mutex_);
        std::string text;
        for (const auto part :
             {measurement.name, measurement.error, measurement.sqlstate, measurement.verdict}) {
            if (!text.empty() && !part.empty()) text += ' ';
            text += part;
        }
        all_.push_back({measurement, std::move(text)});
        changed_.notify_all();
    }

    /// What was told of this kind: name, error, SQLSTATE and verdict, as far as they are there.
    [[nodiscard]] std::vector<std::string> of(Kind kind) const {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> texts;
        for (const auto& [measurement, text] : all_) {
            if (measurement.kind == kind) texts.push_back(text);
        }
        return texts;
    }
    /// The same, once there are so many.
    [[nodiscard]] std::vector<std::string> await(Kind kind, std::size_t count) const {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] {
            std::size_t found = 0;
            for (const auto& each : all_) found += each.first.kind == kind;
            return found >= count;
        });
        lock.unlock();
        return of(kind);
    }
    /// The sums of what was measured of this kind.
    [[nodiscard]] std::uint64_t amount(Kind kind) const {
        const std::lock_guard lock(mutex_);
        std::uint64_t sum = 0;
        for (const auto& [each, text] : all_) sum += each.kind == kind ? each.amount : 0;
        return sum;
    }
    [[nodiscard]] std::chrono::nanoseconds duration(Kind kind) const {
        const std::lock_guard lock(mutex_);
        std::chrono::nanoseconds sum{};
        for (const auto& [each, text] : all_) {
            if (each.kind == kind) sum += each.duration;
        }
        return sum;
    }

 private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<std::pair<Measurement, std::string>> all_;  ///< Texts of the first are gone.
};

}  // namespace kdeps::test
