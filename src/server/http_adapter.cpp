// cpp-httplib 0.11.4 accepts requests that smuggle, ignores its limits for chunked bodies, refuses
// forms over 8 KiB, loses pipelined requests, answers a Range on generated content, and copies the
// text of exceptions into a header. So it never sees a client's bytes: only a request line made
// here, with nothing in it that it could misread.
#include "http_adapter.hpp"

#include <cstring>
#include <ctime>

#include <fmt/format.h>
#include <httplib.h>

namespace kdeps::server {
namespace {

/// One request on its way through the library.
class Exchange final : public httplib::Stream {
 public:
    Exchange(const Incoming& request, std::string_view head, ResponseSink& sink)
        : incoming(request), unread_(head), sink_(sink) {}

    [[nodiscard]] bool is_readable() const override { return !unread_.empty(); }
    [[nodiscard]] bool is_writable() const override { return true; }
    ssize_t read(char* out, size_t size) override {
        const std::size_t count = unread_.copy(out, size);
        unread_.remove_prefix(count);
        return static_cast<ssize_t>(count);
    }
    ssize_t write(const char* bytes, size_t size) override {
        const auto accepted = static_cast<ssize_t>(size);
        if (is_abandoned) return accepted;
        std::string_view rest(bytes, size);
        if (!fields.empty() && rest.ends_with("\r\n\r\n")) {  // the head, in one piece
            rest.remove_suffix(2);
            fields += "\r\n";
            sink_.write(rest);
            sink_.write(fields);
            fields.clear();
        } else {
            sink_.write(rest);
        }
        return accepted;
    }
    void get_remote_ip_and_port(std::string&, int&) const override {}
    void get_local_ip_and_port(std::string&, int&) const override {}
    [[nodiscard]] socket_t socket() const override { return INVALID_SOCKET; }

    const Incoming& incoming;
    std::string fields;  ///< Header fields to be put at the end of the head.
    bool closes = false;
    bool is_abandoned = false;

 private:
    std::string_view unread_;
    ResponseSink& sink_;
};

/// The library hands its handlers nothing of the stream, so each thread remembers its exchange.
thread_local Exchange* current_exchange = nullptr;

/// RFC 9110 6.6.1; formatted once per second and thread.
const std::string& date_text() {
    thread_local std::time_t formatted = 0;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != formatted) {
        std::tm utc{};
        gmtime_r(&now, &utc);
        char buffer[32];
        text.assign(buffer,
                    std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &utc));
        formatted = now;
    }
    return text;
}

}  // namespace

class HttpAdapter::Library final : public httplib::Server {
 public:
    explicit Library(const ApiHandler& handler) : handler_(handler) {
        // Before routing: the library's own routes are regular expressions, and it knows too few
        // methods.
        set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
            fill(*current_exchange, response);
            return HandlerResponse::Handled;
        });
        set_exception_handler([](const httplib::Request&, httplib::Response& response,
                                 std::exception_ptr) { response.status = 500; });
        set_post_routing_handler(
            [](const httplib::Request&, httplib::Response& response) { response.headers.clear(); });
    }

    Responder::After respond(const Incoming& incoming, ResponseSink& sink) {
        const bool is_head = incoming.head.method == "HEAD";
        Exchange exchange(incoming, is_head ? "HEAD / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.1\r\n\r\n",
                          sink);
        current_exchange = &exchange;
        bool ignored = false;
        // "Close" saves it the forming of a Keep-Alive field, which would be dropped like all its
        // own.
        const bool is_written = process_request(exchange, true, ignored, nullptr);
        current_exchange = nullptr;
        if (exchange.is_abandoned) return Responder::After::Abandon;
        return exchange.closes || !is_written ? Responder::After::Close
                                              : Responder::After::KeepAlive;
    }

 private:
    void fill(Exchange& exchange, httplib::Response& response) const {
        Answer answer = handler_.handle(exchange.incoming);
        exchange.is_abandoned = answer.is_abandoned;
        const Incoming& incoming = exchange.incoming;
        // Asked only now: the drain may have begun while the run lasted.
        exchange.closes =
            !incoming.head.keep_alive || incoming.refusal || incoming.drain.stop_requested();
        response.status = answer.status;
        write_fields(exchange, answer);
        response.body = std::move(answer.body);
    }

    /// The library keeps fields in a tree and prints each with printf, which cost a third of a
    /// small request; so ours are put into the head as text, and its own are dropped.
    static void write_fields(Exchange& exchange, const Answer& answer) {
        std::string& out = exchange.fields;
        out.reserve(512);
        const auto add = [&](std::string_view name, std::string_view value) {
            out.append(name).append(": ").append(value).append("\r\n");
        };
        for (const auto& [name, value] : answer.headers) add(name, value);
        if (answer.status != 204 && answer.status != 304) {
            add("Content-Length", fmt::format_int(answer.body.size()).str());
        }
        add("Date", date_text());
        if (exchange.closes) {
            add("Connection", "close");
        } else if (exchange.incoming.head.minor_version == 0) {
            add("Connection", "keep-alive");
        }
    }

    const ApiHandler& handler_;
};

HttpAdapter::HttpAdapter(const ApiHandler& handler)
    : library_(std::make_unique<Library>(handler)) {}

HttpAdapter::~HttpAdapter() = default;

Responder::After HttpAdapter::respond(const Incoming& incoming, ResponseSink& sink) noexcept {
    try {
        return library_->respond(incoming, sink);
    } catch (const std::exception&) {
        return After::Abandon;
    }
}

}  // namespace kdeps::server
