#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <libpq-fe.h>

#include "kdeps/base/clock.hpp"
#include "kdeps/io/abandonable_calls.hpp"
#include "kdeps/io/descriptor.hpp"

#include "socket_copy.hpp"

namespace kdeps::db {

/// An open libpqxx connection and the libpq handle inside it.
///
/// Threads: interrupt() and request_cancel() from any thread, all else one at a time.
class PgSession {
 public:
    /// Errors: ConnectionFailed, also when the deadline comes first.
    PgSession(const std::string& conninfo, std::string_view endpoint, Deadline deadline);
    ~PgSession();
    PgSession(const PgSession&) = delete;
    PgSession& operator=(const PgSession&) = delete;

    [[nodiscard]] PGconn* handle() const { return handle_; }
    /// Whether the server ended the session or its socket was closed; never blocks.
    [[nodiscard]] bool is_gone();
    /// Waits for up to `limit` (negative: for ever) until the server sends something; false if it
    /// did not.
    bool await_input(std::chrono::milliseconds limit);
    /// Whether bytes_received() counts: not on Unix sockets.
    [[nodiscard]] bool counts_bytes() const { return counts_bytes_; }
    /// What the server has sent in all, in bytes; 0 where nobody counts.
    [[nodiscard]] std::uint64_t bytes_received() const;
    /// Whether what arrives may be held back by a layer above the socket.
    [[nodiscard]] bool is_encrypted() const;
    /// Throws when a result begins a COPY with the client, and costs the session.
    void refuse_copy(ExecStatusType status);
    /// As Connection::cancel().
    void request_cancel() noexcept;
    /// As Connection::abort().
    void interrupt() noexcept;
    /// Whether the server has closed its end since.
    [[nodiscard]] bool has_ended() const noexcept { return db::has_ended(socket_.get()); }

 private:
    class Opened;
    static void note_fatal(void* session, const PGresult* notice);

    std::unique_ptr<Opened> opened_;
    PGconn* handle_ = nullptr;
    std::shared_ptr<PGcancel> cancel_;  ///< Shared with requests that outlive the session.
    io::AbandonableCalls cancel_requests_;
    io::Descriptor socket_;  ///< Our own: the library may close its one meanwhile.
    bool counts_bytes_;
    bool saw_fatal_ = false;
};

}  // namespace kdeps::db
