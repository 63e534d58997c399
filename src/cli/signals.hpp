#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <thread>

#include "kdeps/io/descriptor.hpp"

namespace kdeps::cli {

/// From here on a terminal that closes and signals that mean another program do nothing.
void ignore_foreign_signals();

/// Hears the signals of a process for as long as it lives.
///
/// SIGINT and SIGTERM become one call of what on_stop() was given; until then nothing has been
/// begun that wants to be ended in order, and they end the process with kInterrupted. A second one
/// ends it with 128 and its number. SIGHUP becomes a call of what on_reload() was given; until
/// then, and for whoever never calls it, it does nothing.
///
/// Must be constructed before any other thread starts, since threads inherit the blocked mask.
/// Threads: what on_stop() and on_reload() were given is called from a thread of its own.
class SignalWatcher {
 public:
    /// Errors: Error(Internal, ServiceUnavailable) when descriptors or threads are lacking.
    SignalWatcher();
    ~SignalWatcher();  ///< From here on signals do what they do to any program.
    SignalWatcher(const SignalWatcher&) = delete;
    SignalWatcher& operator=(const SignalWatcher&) = delete;

    /// `stop` must not block, and what it touches must outlive this.
    void on_stop(std::function<void()> stop);
    /// `reload` must not block. It is called at once when a SIGHUP has come before.
    void on_reload(std::function<void()> reload);
    /// The first signal's number that asked to stop, 0 if none has come.
    [[nodiscard]] int received() const { return received_; }

 private:
    void listen();
    void hear(int signal);
    void hear_reload();

    sigset_t mask_before_;
    io::Descriptor signals_;
    io::Descriptor end_;
    std::atomic<int> received_ = 0;
    std::mutex mutex_;
    std::function<void()> stop_;
    std::function<void()> reload_;
    bool is_reload_wanted_ = false;
    std::jthread thread_;
};

}  // namespace kdeps::cli
