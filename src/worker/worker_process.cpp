#include "worker_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kdeps/base/error.hpp"

namespace kdeps::worker {
namespace {

constexpr std::size_t kFirstRead = 64 * 1024;
constexpr std::size_t kKeptInbox = 1024 * 1024;
constexpr std::chrono::seconds kDeath{2};

}  // namespace

void Capture::add(std::string_view more, std::size_t max_bytes) {
    const std::size_t kept = std::min(more.size(), max_bytes - std::min(max_bytes, text.size()));
    text.append(more.substr(0, kept));
    dropped_bytes += more.size() - kept;
}

std::string Capture::finish() && {
    if (dropped_bytes > 0) text += fmt::format("\n[{} more bytes were dropped]\n", dropped_bytes);
    return std::move(text);
}

std::unique_ptr<WorkerProcess> WorkerProcess::start(std::shared_ptr<Zygote> zygote,
                                                    const Patience& patience) {
    io::DescriptorPair sockets = io::socket_pair(SOCK_STREAM);
    io::DescriptorPair outputs = io::pipe_pair();
    io::DescriptorPair errors = io::pipe_pair();
    const std::array<int, 3> theirs = {sockets.second.get(), outputs.second.get(),
                                       errors.second.get()};
    const auto pid = zygote->fork_worker(theirs, patience);
    if (!pid) return nullptr;
    std::unique_ptr<WorkerProcess> worker(new WorkerProcess);
    worker->zygote_ = std::move(zygote);
    worker->pid_ = *pid;
    worker->pid_fd_ = io::open_pid_fd(*pid);
    worker->socket_ = std::move(sockets.first);
    worker->stdout_ = std::move(outputs.first);
    worker->stderr_ = std::move(errors.first);
    for (const io::Descriptor* fd : {&worker->socket_, &worker->stdout_, &worker->stderr_}) {
        io::set_nonblocking(*fd);
    }
    return worker;
}

bool WorkerProcess::is_alive() const {
    // An idle worker has nothing to say: anything readable is its end.
    std::array<pollfd, 3> entries = {
        {{pid_fd_.get(), POLLIN, 0}, {socket_.get(), POLLIN, 0}, {zygote_->pid_fd(), POLLIN, 0}}};
    return !io::await_ready(entries, Deadline::after(std::chrono::seconds(0)));
}

std::optional<int> WorkerProcess::end() {
    const auto status = zygote_->end_worker(pid_);
    if (!status) {
        // A zygote that is gone takes it along; one that does not answer may not have killed it.
        if (zygote_->is_alive()) io::kill_process(pid_fd_);
        static_cast<void>(io::await_readable(pid_fd_.get(), Deadline::after(kDeath)));
    }
    drain_output();
    return status;
}

void WorkerProcess::send(std::string& message, const Patience& patience) {
    const std::size_t size = message.size() - kFrameHeader;
    if (size > std::numeric_limits<std::uint32_t>::max()) {
        throw Error(ErrorCode::ResultTooLarge,
                    "the values for a python script are larger than 4 GiB");
    }
    const auto length = static_cast<std::uint32_t>(size);
    std::memcpy(message.data(), &length, kFrameHeader);
    std::string_view rest = message;
    while (!rest.empty()) {
        const ssize_t sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            rest.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            wait(POLLOUT, patience);
        } else if (errno != EINTR) {
            throw CallEnded{CallEnded::Why::Died};
        }
    }
}

std::string_view WorkerProcess::receive(std::size_t max_bytes, const Patience& patience) {
    received_ = 0;
    if (inbox_.size() > kKeptInbox) inbox_ = std::string();
    inbox_.resize(std::max(inbox_.size(), kFirstRead));
    std::size_t total = kFrameHeader;
    for (;;) {
        while (!fill(total)) wait(POLLIN, patience);
        if (total > kFrameHeader)
            return std::string_view(inbox_).substr(kFrameHeader, total - kFrameHeader);
        std::uint32_t length = 0;
        std::memcpy(&length, inbox_.data(), kFrameHeader);
        if (length > max_bytes || length == 0) throw CallEnded{CallEnded::Why::Died};
        total = kFrameHeader + length;
        if (total > inbox_.size()) inbox_.resize(total);
    }
}

/// Reads what is there; whether the first `size` bytes of the frame have arrived.
bool WorkerProcess::fill(std::size_t size) {
    while (received_ < size) {
        const ssize_t count =
            recv(socket_.get(), inbox_.data() + received_, inbox_.size() - received_, 0);
        if (count > 0) {
            received_ += static_cast<std::size_t>(count);
        } else if (count == 0) {
            throw CallEnded{CallEnded::Why::Died};
        } else if (errno == EAGAIN) {
            return false;
        } else if (errno != EINTR) {
            throw CallEnded{CallEnded::Why::Died};
        }
    }
    return true;
}

/// Waits until the socket is ready; takes in output meanwhile, so that a script never blocks on it.
void WorkerProcess::wait(short socket_events, const Patience& patience) {
    std::array<pollfd, 5> entries = {{{socket_.get(), socket_events, 0},
                                      {patience.wake_fd(), POLLIN, 0},
                                      {pid_fd_.get(), POLLIN, 0},
                                      {stdout_.get(), POLLIN, 0},
                                      {stderr_.get(), POLLIN, 0}}};
    const auto& [socket, wake, process, out, err] = entries;
    for (;;) {
        for (pollfd& entry : entries) entry.revents = 0;
        static_cast<void>(io::await_ready(entries, patience.deadline));
        if (out.revents != 0) drain(stdout_, stdout_capture_);
        if (err.revents != 0) drain(stderr_, stderr_capture_);
        entries[3].fd = stdout_.get();
        entries[4].fd = stderr_.get();
        if (wake.revents != 0) throw CallEnded{CallEnded::Why::Stopped};
        if (socket.revents != 0) return;
        // A child that the script forked may hold the socket open beyond the worker's end.
        if (process.revents != 0) throw CallEnded{CallEnded::Why::Died};
        if (patience.deadline.is_expired()) throw CallEnded{CallEnded::Why::Deadline};
    }
}

void WorkerProcess::begin_output(std::size_t max_bytes) {
    drain_output();
    max_output_bytes_ = max_bytes;
    stdout_capture_ = {};
    stderr_capture_ = {};
}

void WorkerProcess::drain_output() {
    drain(stdout_, stdout_capture_);
    drain(stderr_, stderr_capture_);
}

void WorkerProcess::drain(io::Descriptor& pipe, Capture& capture) const {
    std::array<char, 16 * 1024> buffer;
    while (pipe.get() >= 0) {
        const ssize_t count = read(pipe.get(), buffer.data(), buffer.size());
        if (count > 0) {
            capture.add({buffer.data(), static_cast<std::size_t>(count)}, max_output_bytes_);
        } else if (count == 0) {
            pipe = io::Descriptor();
        } else if (errno != EINTR) {
            return;
        }
    }
}

}  // namespace kdeps::worker
