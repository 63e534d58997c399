#include "postgres/postgres_session.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>

#include <linux/tcp.h>  // its tcp_info counts bytes, that of netinet/tcp.h does not
#include <netinet/in.h>
#include <poll.h>
#include <pqxx/pqxx>
#include <sys/socket.h>

#include "kdeps/db/connection.hpp"

#include "postgres/postgres_errors.hpp"
#include "socket_copy.hpp"

namespace kdeps::db {

namespace {

struct HandleCloser {
    void operator()(PGconn* handle) const { PQfinish(handle); }
};

/// Waits for what libpq asks for; false when the deadline came first.
bool wait_for_socket(PGconn* handle, PostgresPollingStatusType wanted, Deadline deadline) {
    const short events = wanted == PGRES_POLLING_WRITING ? POLLOUT : POLLIN;
    pollfd entry{PQsocket(handle), events, 0};
    for (;;) {
        const auto left = deadline.remaining();
        const int wait_ms =
            !left ? -1 : static_cast<int>(std::min<std::int64_t>(left->count(), 60'000));
        const int ready = poll(&entry, 1, wait_ms);
        if (ready > 0 || (ready < 0 && errno != EINTR)) return true;  // libpq reports what it is
        if (deadline.is_expired()) return false;
    }
}

/// Opens with a deadline in milliseconds; libpq's connect_timeout counts whole seconds.
PGconn* open_handle(const std::string& conninfo, std::string_view endpoint, Deadline deadline) {
    std::unique_ptr<PGconn, HandleCloser> handle(PQconnectStart(conninfo.c_str()));
    if (!handle) throw std::bad_alloc();
    auto step = PGRES_POLLING_WRITING;  // what the manual says to assume before the first poll
    while (PQstatus(handle.get()) != CONNECTION_BAD && step != PGRES_POLLING_OK &&
           step != PGRES_POLLING_FAILED) {
        if (!wait_for_socket(handle.get(), step, deadline)) {
            throw pg_connect_error(endpoint, "no answer before the connect deadline");
        }
        step = PQconnectPoll(handle.get());
    }
    if (PQstatus(handle.get()) != CONNECTION_OK) {
        throw pg_connect_error(endpoint, PQerrorMessage(handle.get()));
    }
    return handle.release();
}

/// How libpqxx opens the connection. It has no accessor for its PGconn, and no prepared execution,
/// status byte, cancel handle, pipeline or typed errors of its own that would do for us; a policy
/// is its documented extension point, it makes the handle and so may remember it.
class OpenPolicy final : public pqxx::connectionpolicy {
 public:
    OpenPolicy(const std::string& conninfo, std::string_view endpoint, Deadline deadline)
        : connectionpolicy(conninfo), endpoint_(endpoint), deadline_(deadline) {}

    handle do_startconnect(handle existing) override {
        if (existing != nullptr) return existing;  // called again while it activates
        // libpqxx would silently reconnect a broken connection, with all session state lost.
        if (opened_ != nullptr) throw pqxx::broken_connection("the session ended");
        opened_ = open_handle(options(), endpoint_, deadline_);
        return opened_;
    }
    handle do_completeconnect(handle existing) override { return existing; }
    [[nodiscard]] handle opened() const { return opened_; }

 private:
    std::string endpoint_;
    Deadline deadline_;
    handle opened_ = nullptr;
};

}  // namespace

class PgSession::Opened final : public pqxx::connection_base {
 public:
    Opened(const std::string& conninfo, std::string_view endpoint, Deadline deadline)
        : connection_base(policy_), policy_(conninfo, endpoint, deadline) {
        init();
    }
    ~Opened() noexcept { close(); }

    [[nodiscard]] PGconn* handle() const { return policy_.opened(); }

 private:
    OpenPolicy policy_;
};

PgSession::PgSession(const std::string& conninfo, std::string_view endpoint, Deadline deadline)
    : opened_(std::make_unique<Opened>(conninfo, endpoint, deadline)),
      handle_(opened_->handle()),
      cancel_(PQgetCancel(handle_), PQfreeCancel),
      socket_(copy_of_socket(PQsocket(handle_), endpoint)),
      counts_bytes_(bytes_received() > 0) {  // the login has brought some
    // Replaces libpqxx's receiver: notices are dropped, but a FATAL one is the server's good-bye.
    PQsetNoticeReceiver(handle_, note_fatal, this);
}

PgSession::~PgSession() = default;

void PgSession::note_fatal(void* session, const PGresult* notice) {
    const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity != nullptr && std::strcmp(severity, "FATAL") == 0) {
        static_cast<PgSession*>(session)->saw_fatal_ = true;
    }
}

bool PgSession::is_gone() {
    if (saw_fatal_ || PQstatus(handle_) != CONNECTION_OK) return true;
    pollfd entry{PQsocket(handle_), POLLIN | POLLRDHUP, 0};
    if (poll(&entry, 1, 0) <= 0) return false;
    if ((entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) return true;
    // Something arrived while nothing ran: a NOTIFY, a changed setting, or a good-bye.
    if (PQconsumeInput(handle_) == 0) return true;
    static_cast<void>(PQisBusy(handle_));  // parses, and so calls note_fatal()
    while (PGnotify* notification = PQnotifies(handle_)) PQfreemem(notification);
    return saw_fatal_ || PQstatus(handle_) != CONNECTION_OK;
}

bool PgSession::await_input(std::chrono::milliseconds limit) {
    pollfd entry{PQsocket(handle_), POLLIN, 0};
    return poll(&entry, 1, static_cast<int>(limit.count())) > 0;
}

std::uint64_t PgSession::bytes_received() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    const int failed = getsockopt(PQsocket(handle_), IPPROTO_TCP, TCP_INFO, &info, &size);
    return failed == 0 ? info.tcpi_bytes_received : 0;
}

bool PgSession::is_encrypted() const {
    return PQsslInUse(handle_) != 0 || PQgssEncInUse(handle_) != 0;
}

void PgSession::refuse_copy(ExecStatusType status) {
    if (status != PGRES_COPY_IN && status != PGRES_COPY_OUT && status != PGRES_COPY_BOTH) return;
    // The session is given up: with a cancel on its way nobody could tell how many answers the end
    // of a COPY will have, and in a pipeline libpq has no way out of it.
    interrupt();
    throw Error(
        ErrorCode::QueryFailed, "COPY to or from the client is not supported",
        {.hint = "use INSERT, or COPY with a file of the server", .outcome = Outcome::NotDone});
}

void PgSession::request_cancel() noexcept {
    // PQcancel waits without limit until the server, which may have stopped, closes the connection
    // that brought the request. What comes of it is not of interest: what ran ends, or the caller's
    // patience does.
    const auto request = [cancel = cancel_] {
        std::array<char, 256> reason{};
        PQcancel(cancel.get(), reason.data(), static_cast<int>(reason.size()));
    };
    try {
        const auto limit = Deadline::after(Connection::kCancelLimit);
        if (!cancel_requests_.run(request, limit)) interrupt();
    } catch (const std::exception&) {
        // No thread or memory for it: nothing is on its way.
    }
}

void PgSession::interrupt() noexcept {
    io::shut_down(socket_);
    cancel_requests_.abandon();
}

}  // namespace kdeps::db
