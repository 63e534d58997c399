#include "signals.hpp"

#include <array>
#include <cstdlib>
#include <initializer_list>
#include <utility>

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "kdeps/base/error.hpp"
#include "kdeps/io/task_threads.hpp"

#include "commands.hpp"

namespace kdeps::cli {

namespace {

sigset_t heard_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

void ignore(std::initializer_list<int> all) {
    for (const int signal : all) std::signal(signal, SIG_IGN);
}

}  // namespace

void ignore_foreign_signals() {
    ignore({SIGHUP, SIGUSR1, SIGUSR2});
}

SignalWatcher::SignalWatcher() : end_(io::make_event()) {
    ignore({SIGPIPE,    // a client or a pipe that goes away is an ordinary write error
            SIGXFSZ});  // a file that may not grow is a failed write, as on a full disk
    // What is ignored is heard all the same while it is blocked.
    const sigset_t set = heard_signals();
    pthread_sigmask(SIG_BLOCK, &set, &mask_before_);
    signals_ = io::Descriptor(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_.is_open()) throw Error(ErrorCode::Internal, "signals cannot be heard");
    thread_ = io::start_thread([this] { listen(); });
}

SignalWatcher::~SignalWatcher() {
    io::notify(end_);
    thread_.join();
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void SignalWatcher::on_stop(std::function<void()> stop) {
    const std::lock_guard lock(mutex_);
    stop_ = std::move(stop);
}

void SignalWatcher::on_reload(std::function<void()> reload) {
    const std::lock_guard lock(mutex_);
    reload_ = std::move(reload);
    if (reload_ && std::exchange(is_reload_wanted_, false)) reload_();
}

void SignalWatcher::listen() {
    std::array<pollfd, 2> entries = {{{signals_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    while (io::await_ready(entries, Deadline::never()) && entries[1].revents == 0) {
        signalfd_siginfo info{};
        if (read(signals_.get(), &info, sizeof info) == sizeof info) {
            hear(static_cast<int>(info.ssi_signo));
        }
    }
}

void SignalWatcher::hear(int signal) {
    if (signal == SIGHUP) return hear_reload();
    if (received_ != 0) std::_Exit(128 + signal);  // the user insists
    received_ = signal;
    const std::lock_guard lock(mutex_);
    if (!stop_) std::_Exit(kInterrupted);
    stop_();
}

void SignalWatcher::hear_reload() {
    const std::lock_guard lock(mutex_);
    is_reload_wanted_ = !reload_;
    if (reload_) reload_();
}

}  // namespace kdeps::cli
