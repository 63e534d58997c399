#include "descriptor_sink.hpp"

#include <cerrno>
#include <climits>
#include <cstdint>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdeps::log {

namespace {

/// Lines that come within this time of a write share the next one: waking the queue's thread for
/// each line costs more than the line.
constexpr std::chrono::milliseconds kCollect{10};
constexpr std::size_t kMaxCollected = 64UL * 1024;
/// How often a closing log looks whether its time is over.
constexpr int kLookMilliseconds = 50;

/// A pipe or terminal may be shared with programs that do not expect it to be non-blocking, so the
/// mode is not set on the descriptor we were given; opening again makes one of our own.
io::Descriptor open_again(int descriptor) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0) return {};
    if (!S_ISFIFO(status.st_mode) && isatty(descriptor) != 1) return {};
    return io::Descriptor(open(fmt::format("/proc/self/fd/{}", descriptor).c_str(),
                               O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

bool is_file(int descriptor) {
    struct stat status {};
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

DescriptorSink::DescriptorSink(int descriptor, std::function<std::string(std::size_t)> dropped_line)
    : dropped_line_(std::move(dropped_line)),
      given_(descriptor),
      own_(open_again(descriptor)),
      portion_(own_.is_open() || is_file(descriptor) ? SIZE_MAX : PIPE_BUF),
      deadline_(Clock::time_point::max().time_since_epoch().count()) {}

void DescriptorSink::log(const spdlog::details::log_msg& message) {
    const QueueState queue = queue_();
    if (queue.dropped != told_) collected_ += dropped_line_(queue.dropped - told_);
    told_ = queue.dropped;
    collected_.append(message.payload.data(), message.payload.size());
    ++collected_lines_;
    const bool more_comes = queue.waiting > 0 && !is_closing_;
    if (more_comes && collected_.size() < kMaxCollected) return;
    write_collected();
    std::unique_lock lock(mutex_);
    written_ += collected_lines_;
    collected_lines_ = 0;
    changed_.notify_all();
    if (more_comes) return;
    changed_.wait_for(lock, kCollect, [this] { return is_urgent_ || is_closing_; });
    is_urgent_ = false;
}

void DescriptorSink::hurry() {
    const std::lock_guard lock(mutex_);
    is_urgent_ = true;
    changed_.notify_all();
}

void DescriptorSink::wait_for(std::size_t lines, Clock::time_point deadline) {
    hurry();
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [&] { return written_ + queue_().dropped >= lines; });
}

void DescriptorSink::close(Clock::time_point deadline) {
    const std::lock_guard lock(mutex_);
    deadline_ = deadline.time_since_epoch().count();
    is_closing_ = true;
    changed_.notify_all();
}

void DescriptorSink::write_collected() {
    const int descriptor = own_.is_open() ? own_.get() : given_;
    std::string_view rest = collected_;
    while (!rest.empty() && wait_writable(descriptor)) {
        const ssize_t written = write(descriptor, rest.data(), std::min(rest.size(), portion_));
        if (written > 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR && errno != EAGAIN) {
            break;  // there is nobody left to tell
        }
    }
    collected_.clear();
}

/// Whether a write makes progress or fails; no when the log's time is over before.
bool DescriptorSink::wait_writable(int descriptor) const {
    pollfd writable{.fd = descriptor, .events = POLLOUT, .revents = 0};
    const auto is_late = [this] { return Clock::now().time_since_epoch().count() >= deadline_; };
    while (poll(&writable, 1, is_late() ? 0 : kLookMilliseconds) == 0) {
        if (is_late()) return false;
    }
    return true;
}

}  // namespace kdeps::log
