#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "kdeps/base/measure.hpp"

namespace kdeps::test {

/// An EventSink without events, whose measurements are kept.
class Measures final : public EventSink, public MeasureSink {
 public:
    Measures() { set_measures(this); }

    void emit(const Event&) noexcept override {}
    [[nodiscard]] bool wants(LogLevel) const noexcept override { return false; }
    void measure(const Measurement& measurement) noexcept override {
        const std::lock_guard lock(mutex_);
        names_.emplace_back(measurement.name);
        all_.push_back(measurement);
        all_.back().name = {};
    }

    /// How many there were of this kind and name.
    [[nodiscard]] std::size_t count(Measurement::Kind kind, const std::string& name,
                                    bool failed = false) const {
        const std::lock_guard lock(mutex_);
        std::size_t found = 0;
        for (std::size_t i = 0; i < all_.size(); ++i) {
            found += all_[i].kind == kind && names_[i] == name && all_[i].failed == failed;
        }
        return found;
    }
    /// Sum of what was measured of this kind.
    [[nodiscard]] std::uint64_t amount(Measurement::Kind kind) const {
        const std::lock_guard lock(mutex_);
        std::uint64_t sum = 0;
        for (const Measurement& each : all_) sum += each.kind == kind ? each.amount : 0;
        return sum;
    }

 private:
    mutable std::mutex mutex_;
    std::vector<Measurement> all_;
    std::vector<std::string> names_;
};

}  // namespace kdeps::test
