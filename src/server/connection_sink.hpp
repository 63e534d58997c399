#pragma once

#include "connection.hpp"
#include "exchange.hpp"

namespace kdeps::server {

enum class Sent { All, Some, Failed };

/// Sends as much of the connection's answer as the client takes now. What stays counts among the
/// bytes that wait for clients.
[[nodiscard]] Sent flush(Connection& connection);

/// Forgets the rest of the answer, and makes closing a reset: what was sent is no whole answer.
void abandon_answer(Connection& connection);

/// Makes closing end the connection at once, also for the bytes that the kernel still holds.
void reset_on_close(int fd);

/// Empties a buffer; a large one is freed.
void recycle(std::string& buffer);

/// The answer of one connection. A whole one is collected, and sent by the owner of the connection
/// as the client takes it; pieces are sent here, waiting for a client that is behind.
class ConnectionSink final : public ResponseSink {
 public:
    ConnectionSink(Connection& connection, std::chrono::milliseconds write_timeout)
        : connection_(connection), write_timeout_(write_timeout) {}

    void claim(std::size_t bytes) override;
    [[nodiscard]] std::string& head() override { return connection_.out; }
    void append_body(std::string&& body) override;
    [[nodiscard]] bool is_full() const override;
    [[nodiscard]] bool write(std::string_view bytes) override;

 private:
    [[nodiscard]] bool wait();

    Connection& connection_;
    const std::chrono::milliseconds write_timeout_;
};

}  // namespace kdeps::server
