#include "signals.hpp"

#include <csignal>
#include <cstdlib>

#include <pthread.h>
#include <unistd.h>

namespace kdeps::cli {

namespace {

sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR2);  // our own: ends the watcher
    return set;
}

}  // namespace

SignalWatcher::SignalWatcher() {
    const sigset_t set = watched();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // a client or a pipe that goes away is an ordinary write error
}

SignalWatcher::~SignalWatcher() {
    if (!thread_.joinable()) return;
    pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
}

void SignalWatcher::watch(std::function<void()> on_stop) {
    on_stop_ = std::move(on_stop);
    thread_ = std::thread([this] { wait_for_signals(); });
}

void SignalWatcher::wait_for_signals() {
    const sigset_t set = watched();
    while (true) {
        int signal = 0;
        if (sigwait(&set, &signal) != 0) continue;
        if (signal == SIGUSR2) return;
        if (received_ != 0) std::_Exit(128 + signal);  // the user insists
        received_ = signal;
        on_stop_();
    }
}

}  // namespace kdeps::cli
