#pragma once

#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kdeps::test {

/// A raw TCP client: sends exactly what it is told and reads answers by Content-Length.
class HttpClient {
 public:
    explicit HttpClient(int port, int receive_buffer = 0) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (receive_buffer > 0) {
            setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::close(fd_);
            fd_ = -1;
            throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
        }
    }
    HttpClient(HttpClient&& other) noexcept : fd_(other.fd_), buffer_(std::move(other.buffer_)) {
        other.fd_ = -1;
    }
    ~HttpClient() { close(); }

    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    void half_close() const { ::shutdown(fd_, SHUT_WR); }
    /// False when the server has closed.
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    /// More bytes into the buffer; false at the end of the stream, on reset and after 30 s.
    bool receive(int timeout_ms = 30'000) {
        pollfd wait{fd_, POLLIN, 0};
        if (::poll(&wait, 1, timeout_ms) <= 0) return false;
        char chunk[65536];
        const ssize_t count = ::recv(fd_, chunk, sizeof chunk, 0);
        if (count <= 0) return false;
        buffer_.append(chunk, static_cast<std::size_t>(count));
        return true;
    }
    /// The next answer, head and body; empty when the stream ends before.
    std::string answer(bool has_body = true) {
        std::size_t head = 0;
        while ((head = buffer_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive()) return {};
        }
        std::size_t size = head + 4;
        const std::size_t length = buffer_.find("Content-Length: ");
        if (has_body && length < head) size += std::stoul(buffer_.substr(length + 16));
        while (buffer_.size() < size) {
            if (!receive()) return {};
        }
        std::string result = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return result;
    }
    std::string request(std::string_view bytes) {
        if (!send(bytes)) return {};
        return answer();
    }
    /// Whether the server closes within the time, everything before being read.
    bool is_closed_within(std::chrono::milliseconds span) {
        const auto end = std::chrono::steady_clock::now() + span;
        while (std::chrono::steady_clock::now() < end) {
            pollfd wait{fd_, POLLIN, 0};
            if (::poll(&wait, 1, 10) <= 0) continue;
            if (!receive(0)) return true;
        }
        return false;
    }
    /// The next `size` bytes; fewer when the stream ends before.
    std::string take(std::size_t size) {
        while (buffer_.size() < size && receive()) {
        }
        const std::string result = buffer_.substr(0, size);
        buffer_.erase(0, result.size());
        return result;
    }
    /// Whether the server has reset the connection; asked without reading.
    [[nodiscard]] bool is_reset() const {
        pollfd state{fd_, 0, 0};
        return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP)) != 0;
    }
    [[nodiscard]] const std::string& unread() const { return buffer_; }

 private:
    int fd_ = -1;
    std::string buffer_;
};

inline std::string get(std::string_view path, std::string_view fields = "") {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
           "\r\n";
}

/// `200`, or 0 when there is no answer.
inline int status_of(const std::string& answer) {
    return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
}

}  // namespace kdeps::test
