// cpp-httplib 0.11.4 accepts requests that smuggle, ignores its limits for chunked bodies, refuses
// forms over 8 KiB, loses pipelined requests, answers a Range on generated content, and copies the
// text of exceptions into a header. So it gets what the front has read and checked: the request
// line, and none of the fields, which the front and the handler act on.
#include "produced_answer.hpp"

#include <utility>

#include <fmt/format.h>
#include <httplib.h>

namespace kdeps::server {
namespace {

/// What the library takes for the client: it reads the request line, and writes the answer.
class Client final : public httplib::Stream {
 public:
    Client(const Incoming& request, ResponseSink& sink) : request_(request), sink_(sink) {
        const RequestHead& head = request.head;
        fmt::format_to(std::back_inserter(text_), "{} {}{}{} HTTP/1.{}\r\n\r\n", head.method,
                       head.path, head.query.empty() ? "" : "?", head.query, head.minor_version);
    }

    [[nodiscard]] bool is_readable() const override { return read_ < text_.size(); }
    [[nodiscard]] bool is_writable() const override { return true; }
    ssize_t read(char* out, size_t size) override {
        const std::size_t count = std::string_view(text_).substr(read_).copy(out, size);
        read_ += count;
        return static_cast<ssize_t>(count);
    }
    ssize_t write(const char* bytes, size_t size) override {
        return sink_.write({bytes, size}) ? static_cast<ssize_t>(size) : -1;
    }
    void get_remote_ip_and_port(std::string& ip, int&) const override {
        ip = request_.remote_address;
    }
    void get_local_ip_and_port(std::string&, int&) const override {}
    [[nodiscard]] socket_t socket() const override { return INVALID_SOCKET; }

 private:
    const Incoming& request_;
    ResponseSink& sink_;
    std::string text_;
    std::size_t read_ = 0;
};

/// Between a producer and the library, which cuts the body into chunks.
class Pieces final : public BodySink {
 public:
    Pieces(const ResponseSink& sink, const httplib::DataSink& out) : sink_(sink), out_(out) {}
    [[nodiscard]] bool is_full() const override { return sink_.is_full(); }
    [[nodiscard]] bool write(std::string_view bytes) override {
        // To the library an empty piece is the end.
        return bytes.empty() || out_.write(bytes.data(), bytes.size());
    }

 private:
    const ResponseSink& sink_;
    const httplib::DataSink& out_;
};

/// Writes one answer.
class Library final : public httplib::Server {
 public:
    Library(const Answer& answer, const Framing& framing, const ResponseSink& sink) {
        svr_sock_ = 0;  // Bodies are produced only while the library believes that it listens.
        const HandlerWithResponse fill_once = [&, this](const auto&, httplib::Response& response) {
            if (std::exchange(is_filled_, true)) return HandlerResponse::Unhandled;
            fill(answer, framing, sink, response);
            return HandlerResponse::Handled;
        };
        // Before routing: the library's own routes are regular expressions, and it knows too few
        // methods. And for what it does not take for a request.
        set_pre_routing_handler(fill_once);
        set_error_handler(fill_once);
        set_exception_handler([](const auto&, httplib::Response& response, std::exception_ptr) {
            response.status = 500;
        });
        // In place of the fields that it has added of its own.
        set_post_routing_handler([&](const auto&, httplib::Response& response) {
            response.headers.clear();
            response.headers.emplace("Date", head_fields(answer, framing));
        });
    }

    [[nodiscard]] bool write_to(Client& client) {
        bool ignored = false;
        return process_request(client, true, ignored, nullptr);
    }

 private:
    static void fill(const Answer& answer, const Framing& framing, const ResponseSink& sink,
                     httplib::Response& response) {
        response.status = answer.status;
        const auto provide = [&](std::size_t, httplib::DataSink& data) {
            Pieces pieces(sink, data);
            if (!std::get<BodyProducer>(answer.body)(pieces)) return false;
            data.done();
            return true;
        };
        if (framing.is_chunked) {
            response.set_chunked_content_provider("", provide);
        } else {
            response.set_content_provider("", provide);
        }
    }

    bool is_filled_ = false;
};

}  // namespace

bool write_produced(const Incoming& incoming, const Answer& answer, const Framing& framing,
                    ResponseSink& sink) {
    Client client(incoming, sink);
    return Library(answer, framing, sink).write_to(client);
}

}  // namespace kdeps::server
