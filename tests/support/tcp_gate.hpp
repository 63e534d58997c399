#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kdeps::test {

/// A port of this machine behind which a server can be made to fall silent.
///
/// Frozen, the gate is what a stopped server process is: the kernel takes connections and bytes,
/// and nobody answers. The real server, which other tests use, notices nothing. Threads: safe to
/// share.
class TcpGate {
 public:
    TcpGate(std::string host, int port) : host_(std::move(host)), server_port_(port) {
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener_, any, size) != 0 || listen(listener_, 128) != 0 ||
            getsockname(listener_, any, &size) != 0) {
            throw std::runtime_error("no port for the gate");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
    }
    ~TcpGate() {
        thread_.request_stop();
        wake();
        thread_.join();
        for (const Pair& pair : pairs_) close_both(pair);
        close(listener_);
        close(wake_);
    }
    TcpGate(const TcpGate&) = delete;
    TcpGate& operator=(const TcpGate&) = delete;

    [[nodiscard]] int port() const { return port_; }
    /// Nothing passes any more once this has returned.
    void freeze() {
        const std::lock_guard lock(mutex_);
        is_frozen_ = true;
    }
    /// Freezes when a client sends something with `text` in it, which does not arrive.
    void freeze_at(std::string text) {
        const std::lock_guard lock(mutex_);
        trap_ = std::move(text);
    }
    /// Lets pass what has come meanwhile.
    void thaw() {
        {
            const std::lock_guard lock(mutex_);
            is_frozen_ = false;
            trap_.clear();
        }
        wake();
    }
    /// Hangs up on new connections, as a balancer does that sends them to a server that does not
    /// know what they are about.
    void refuse_newcomers() {
        const std::lock_guard lock(mutex_);
        refuses_newcomers_ = true;
    }
    /// How often a client has sent something after the server had.
    [[nodiscard]] int round_trips() const {
        const std::lock_guard lock(mutex_);
        return round_trips_;
    }
    [[nodiscard]] bool is_frozen() const {
        const std::lock_guard lock(mutex_);
        return is_frozen_;
    }

 private:
    struct Pair {
        int client;
        int server;
        bool is_asking = false;  ///< The client sent last.
    };

    void wake() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = write(wake_, &one, sizeof one);
    }
    static void close_both(const Pair& pair) {
        close(pair.client);
        close(pair.server);
    }
    [[nodiscard]] int connect_to_server() const {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        addrinfo* found = nullptr;
        if (getaddrinfo(host_.c_str(), std::to_string(server_port_).c_str(), &hints, &found) != 0) {
            return -1;
        }
        const int server = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int failed = connect(server, found->ai_addr, found->ai_addrlen);
        freeaddrinfo(found);
        if (failed == 0) return server;
        close(server);
        return -1;
    }

    void work(const std::stop_token& stop) {
        std::vector<pollfd> entries;
        while (!stop.stop_requested()) {
            entries.assign(1, {wake_, POLLIN, 0});
            if (!is_frozen()) {
                entries.push_back({listener_, POLLIN, 0});
                for (const Pair& pair : pairs_) {
                    entries.push_back({pair.client, POLLIN, 0});
                    entries.push_back({pair.server, POLLIN, 0});
                }
            }
            poll(entries.data(), entries.size(), -1);
            for (const pollfd& entry : entries) {
                if (entry.revents != 0) serve(entry.fd);
            }
        }
    }
    void serve(int socket) {
        const std::lock_guard lock(mutex_);  // so that freeze() waits for what is just passing
        if (socket == wake_) {
            std::uint64_t count = 0;
            [[maybe_unused]] const auto got = read(wake_, &count, sizeof count);
        } else if (!is_frozen_ && socket == listener_) {
            const int client = accept(listener_, nullptr, nullptr);
            if (refuses_newcomers_) {
                close(client);
            } else {
                pairs_.push_back({client, connect_to_server()});
            }
        } else if (!is_frozen_) {
            const auto pair = std::ranges::find_if(
                pairs_, [=](const Pair& p) { return p.client == socket || p.server == socket; });
            if (pair == pairs_.end() || pass_on(*pair, socket)) return;
            close_both(*pair);
            pairs_.erase(pair);
        }
    }
    /// False at the end of the connection.
    bool pass_on(Pair& pair, int from) {
        std::array<char, 65'536> buffer{};
        const auto size = recv(from, buffer.data(), buffer.size(), 0);
        if (size <= 0) return false;
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
        const bool is_from_client = from == pair.client;
        if (is_from_client && !trap_.empty() && bytes.find(trap_) != std::string_view::npos) {
            is_frozen_ = true;
            return true;
        }
        if (is_from_client && !std::exchange(pair.is_asking, true)) ++round_trips_;
        if (!is_from_client) pair.is_asking = false;
        return send_all(is_from_client ? pair.server : pair.client, bytes);
    }
    static bool send_all(int to, std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    const std::string host_;
    const int server_port_;
    int listener_ = -1;
    int port_ = 0;
    const int wake_ = eventfd(0, EFD_CLOEXEC);
    mutable std::mutex mutex_;
    bool is_frozen_ = false;
    bool refuses_newcomers_ = false;
    int round_trips_ = 0;
    std::string trap_;
    std::list<Pair> pairs_;  ///< Of the thread.
    std::jthread thread_;
};

}  // namespace kdeps::test
