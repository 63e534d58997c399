// cpp-httplib 0.11.4 accepts requests that smuggle, ignores its limits for chunked bodies, refuses
// forms over 8 KiB, loses pipelined requests, answers a Range on generated content, and copies the
// text of exceptions into a header. So it gets what the front has read and checked: the request
// line, and none of the fields, which the front and the handler act on.
#include "http_adapter.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include "answer_head.hpp"
#include "content_coding.hpp"

namespace kdeps::server {

/// One request on its way through the library.
class HttpAdapter::Exchange final : public httplib::Stream {
 public:
    Exchange(const Incoming& request, ResponseSink& to) : incoming(request), sink(to) {
        if (request.refusal) {
            text_ = "\r\n";  // no request: the library refuses it too, and asks us for the text
            return;
        }
        const RequestHead& head = request.head;
        fmt::format_to(std::back_inserter(text_), "{} {}{}{} HTTP/1.{}\r\n\r\n", head.method,
                       head.path, head.query.empty() ? "" : "?", head.query, head.minor_version);
    }

    /// Puts the answer in, as the library wants it.
    void fill(const Handler& handler, httplib::Response& out) {
        response_ = &out;
        answer = handler.handle(incoming);
        // Asked only now: the drain may have begun while the run lasted.
        framing.closes =
            !incoming.head.keep_alive || incoming.refusal || incoming.drain.stop_requested();
        framing.minor_version = incoming.head.minor_version;
        out.status = answer.status;
        if (answer.status == 204 || answer.status == 304) {
            answer.body = std::string();
        } else if (auto* const bytes = std::get_if<std::string>(&answer.body)) {
            sink.claim(bytes->size());
            compress_body(incoming.head, answer);
            sink.claim(bytes->size());
            framing.content_length = bytes->size();
            out.body = std::move(*bytes);
        } else {
            compress_body(incoming.head, answer);
            fill_from(std::get<BodyProducer>(answer.body), out);
        }
    }

    [[nodiscard]] bool is_readable() const override { return is_read_ < text_.size(); }
    [[nodiscard]] bool is_writable() const override { return true; }
    ssize_t read(char* out, size_t size) override {
        const std::size_t count = std::string_view(text_).substr(is_read_).copy(out, size);
        is_read_ += count;
        return static_cast<ssize_t>(count);
    }
    ssize_t write(const char* bytes, size_t size) override {
        const auto accepted = static_cast<ssize_t>(size);
        if (answer.is_abandoned) return accepted;
        if (is_streamed) return sink.write({bytes, size}) ? accepted : -1;
        const bool is_body = response_ != nullptr && bytes == response_->body.data();
        if (is_body) {
            sink.append_body(std::move(response_->body));
        } else {
            sink.append({bytes, size});
        }
        return accepted;
    }
    void get_remote_ip_and_port(std::string& ip, int&) const override {
        ip = incoming.remote_address;
    }
    void get_local_ip_and_port(std::string&, int&) const override {}
    [[nodiscard]] socket_t socket() const override { return INVALID_SOCKET; }

    const Incoming& incoming;
    ResponseSink& sink;
    Answer answer;
    Framing framing;
    bool is_streamed = false;

 private:
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

    void fill_from(const BodyProducer& producer, httplib::Response& out) {
        is_streamed = incoming.head.method != "HEAD";
        framing.is_chunked = framing.minor_version == 1;
        if (!framing.is_chunked) framing.closes = true;  // which is how HTTP/1.0 ends a body
        const auto provide = [this, &producer](std::size_t, httplib::DataSink& data) {
            Pieces pieces(sink, data);
            if (!producer(pieces)) return false;
            data.done();
            return true;
        };
        if (framing.is_chunked) {
            out.set_chunked_content_provider("", provide);
        } else {
            out.set_content_provider("", provide);
        }
    }

    std::string text_;
    std::size_t is_read_ = 0;
    httplib::Response* response_ = nullptr;
};

/// Calls back without saying for whom, so that each serves one exchange at a time.
class HttpAdapter::Library final : public httplib::Server {
 public:
    explicit Library(const server::Handler& handler) {
        svr_sock_ = 0;  // Bodies are produced only while the library believes that it listens.
        // Before routing: the library's own routes are regular expressions, and it knows too few
        // methods.
        set_pre_routing_handler([this, &handler](const auto&, httplib::Response& response) {
            fill(handler, response);
            return HandlerResponse::Handled;
        });
        // For what it does not take for a request.
        set_error_handler(HandlerWithResponse([this, &handler](const auto&, auto& response) {
            if (is_filled_) return HandlerResponse::Unhandled;
            fill(handler, response);
            return HandlerResponse::Handled;
        }));
        set_exception_handler([](const auto&, httplib::Response& response, std::exception_ptr) {
            response.status = 500;
        });
        set_post_routing_handler([this](const auto&, httplib::Response& response) {
            response.headers.clear();
            response.headers.emplace("Date", head_fields(exchange_->answer, exchange_->framing));
        });
    }

    Responder::After respond(Exchange& exchange) {
        exchange_ = &exchange;
        is_filled_ = false;
        bool ignored = false;
        // "Close" saves it the forming of a Keep-Alive field, which would be dropped like all its
        // own.
        const bool is_written = process_request(exchange, true, ignored, nullptr);
        if (exchange.answer.is_abandoned || !is_written) return Responder::After::Abandon;
        return exchange.framing.closes ? Responder::After::Close : Responder::After::KeepAlive;
    }

 private:
    void fill(const server::Handler& handler, httplib::Response& response) {
        is_filled_ = true;
        exchange_->fill(handler, response);
    }

    Exchange* exchange_ = nullptr;
    bool is_filled_ = false;
};

HttpAdapter::HttpAdapter(const Handler& handler) : handler_(handler) {}

HttpAdapter::~HttpAdapter() = default;

std::unique_ptr<HttpAdapter::Library> HttpAdapter::take_library() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<Library>(handler_);
    auto library = std::move(idle_.back());
    idle_.pop_back();
    return library;
}

Responder::After HttpAdapter::respond(const Incoming& incoming, ResponseSink& sink) noexcept {
    try {
        Exchange exchange(incoming, sink);
        auto library = take_library();
        const After after = library->respond(exchange);
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(library));
        return after;
    } catch (const std::exception&) {
        return After::Abandon;
    }
}

}  // namespace kdeps::server
