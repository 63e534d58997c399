#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace kdeps::cli {

/// Turns SIGINT and SIGTERM into one call of `on_stop`; a second signal ends the process at once.
///
/// Must be constructed before any other thread starts, since threads inherit the blocked mask.
/// Threads: `on_stop` is called from the watcher's own thread.
class SignalWatcher {
 public:
    SignalWatcher();
    ~SignalWatcher();
    SignalWatcher(const SignalWatcher&) = delete;
    SignalWatcher& operator=(const SignalWatcher&) = delete;

    /// Calls `on_stop` at the first signal; at once if one has come already.
    void watch(std::function<void()> on_stop);
    /// The first signal's number, 0 if none has come.
    [[nodiscard]] int received() const { return received_; }

 private:
    void wait_for_signals();

    std::atomic<int> received_ = 0;
    std::function<void()> on_stop_;
    std::thread thread_;
};

}  // namespace kdeps::cli
