#pragma once

#include <stop_token>

#include "kdeps/io/descriptor.hpp"

namespace kdeps::io {

/// A descriptor that becomes readable once `stop` is requested or notify() was called, for those
/// who wait in poll().
///
/// Threads: notify() may come from another thread.
class Wakeup {
 public:
    /// Errors: Error(Internal) when the process has no descriptors left.
    explicit Wakeup(const std::stop_token& stop)
        : event_(make_event()), on_stop_(stop, Notify{this}) {}

    [[nodiscard]] int fd() const { return event_.get(); }
    void notify() const noexcept { io::notify(event_); }

 private:
    struct Notify {
        const Wakeup* wakeup;
        void operator()() const noexcept { wakeup->notify(); }
    };
    Descriptor event_;
    std::stop_callback<Notify> on_stop_;
};

}  // namespace kdeps::io
