#include "content_coding.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include <brotli/encode.h>
#include <httplib.h>

#include "kdeps/base/text.hpp"

#include "answer_head.hpp"

namespace kdeps::server {
namespace {

constexpr std::size_t kMinBytes = 1024;  ///< Smaller bodies fit into a packet or two anyway.

using Compressor = httplib::detail::compressor;

/// The library's own has no choice of quality and takes the highest: 6 ms for 1 KiB and a minute
/// for 8 MiB. This one takes as long as gzip and compresses a little better.
class BrotliCompressor final : public Compressor {
 public:
    BrotliCompressor() : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
        if (state_ == nullptr) throw std::bad_alloc();
        BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_QUALITY, 4);
    }

    bool compress(const char* data, size_t size, bool last, Callback callback) override {
        const auto* next = reinterpret_cast<const std::uint8_t*>(data);
        const auto operation = last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS;
        do {
            std::size_t no_room = 0;  // the output is taken below
            if (!BrotliEncoderCompressStream(state_.get(), operation, &size, &next, &no_room,
                                             nullptr, nullptr)) {
                return false;
            }
            std::size_t count = 0;
            const auto* const output = BrotliEncoderTakeOutput(state_.get(), &count);
            if (count > 0 && !callback(reinterpret_cast<const char*>(output), count)) return false;
        } while (size > 0 || BrotliEncoderHasMoreOutput(state_.get()));
        return true;
    }

 private:
    struct Destroy {
        void operator()(BrotliEncoderState* state) const { BrotliEncoderDestroyInstance(state); }
    };
    std::unique_ptr<BrotliEncoderState, Destroy> state_;
};

std::unique_ptr<Compressor> make_compressor(ContentCoding coding) {
    if (coding == ContentCoding::Brotli) return std::make_unique<BrotliCompressor>();
    return std::make_unique<httplib::detail::gzip_compressor>();
}

/// Compresses what a producer makes, on its way.
class CompressingSink final : public BodySink {
 public:
    CompressingSink(ContentCoding coding, BodySink& next)
        : compressor_(make_compressor(coding)), next_(next) {}

    [[nodiscard]] bool is_full() const override { return next_.is_full(); }
    [[nodiscard]] bool write(std::string_view bytes) override { return compress(bytes, false); }
    [[nodiscard]] bool finish() { return compress({}, true); }

 private:
    bool compress(std::string_view bytes, bool is_last) {
        return compressor_->compress(bytes.data(), bytes.size(), is_last,
                                     [this](const char* data, size_t size) {
                                         return next_.write({data, size});
                                     });
    }

    const std::unique_ptr<Compressor> compressor_;
    BodySink& next_;
};

/// The `q` behind a coding, 1 without one; absent when it is no number from 0 to 1.
std::optional<double> quality_of(std::string_view parameters) {
    const std::string_view text = trim(parameters);
    if (text.empty()) return 1;
    if (!equals_ignoring_case(text.substr(0, 2), "q=")) return std::nullopt;
    double value = -1;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + 2, end, value);
    const bool is_quality = error == std::errc() && stop == end && value >= 0 && value <= 1;
    return is_quality ? std::optional(value) : std::nullopt;
}

bool is_compressible(std::string_view content_type) {
    const std::string type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
    if (type.starts_with("text/")) return type != "text/event-stream";  // sent line by line
    for (const std::string_view known :
         {"application/json", "application/xml", "application/javascript", "application/x-ndjson",
          "application/yaml", "image/svg+xml"}) {
        if (type == known) return true;
    }
    return type.ends_with("+json") || type.ends_with("+xml");
}

bool may_be_transformed(const Answer& answer) {
    if (answer.status == 204 || answer.status == 206 || answer.status == 304) return false;
    const auto* const control = find_header(answer, "Cache-Control");
    return find_header(answer, "Content-Encoding") == nullptr &&
           (control == nullptr || !has_token(*control, "no-transform"));
}

std::string compressed(ContentCoding coding, std::string_view bytes) {
    std::string result;
    const bool is_done = make_compressor(coding)->compress(bytes.data(), bytes.size(), true,
                                                           [&](const char* data, size_t size) {
                                                               result.append(data, size);
                                                               return true;
                                                           });
    if (!is_done) throw std::bad_alloc();  // the only way it can fail
    return result;
}

BodyProducer compressed(ContentCoding coding, BodyProducer producer) {
    return [coding, producer = std::move(producer)](BodySink& sink) {
        CompressingSink compressing(coding, sink);
        return producer(compressing) && compressing.finish();
    };
}

}  // namespace

CodingChoice choose_coding(const RequestHead& head) {
    std::optional<double> gzip, brotli, identity, others;
    bool is_sent = false;
    for (const HeaderField& field : head.fields) {
        if (!equals_ignoring_case(field.name, "accept-encoding")) continue;
        is_sent = true;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const std::string_view item = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(item.size() + 1, rest.size()));
            const std::size_t semicolon = std::min(item.find(';'), item.size());
            const std::string_view name = trim(item.substr(0, semicolon));
            const auto quality = quality_of(item.substr(std::min(semicolon + 1, item.size())));
            if (!quality) continue;
            const auto is = [name](std::string_view word) {
                return equals_ignoring_case(name, word);
            };
            if (is("gzip") || is("x-gzip")) gzip = quality;
            if (is("br")) brotli = quality;
            if (is("identity")) identity = quality;
            if (is("*")) others = quality;
        }
    }
    if (!is_sent) return {};
    const double of_gzip = gzip.value_or(others.value_or(0));
    const double of_brotli = brotli.value_or(others.value_or(0));
    const double of_identity = identity.value_or(others.value_or(0));
    // What is not written is acceptable all the same, just no wish.
    const bool refuses_identity = (identity || others) && of_identity == 0;
    CodingChoice choice{ContentCoding::Identity, refuses_identity};
    const double best = std::max(of_gzip, of_brotli);
    if (best > 0 && best >= of_identity) {
        choice.best = of_brotli == best ? ContentCoding::Brotli : ContentCoding::Gzip;
    }
    return choice;
}

void compress_body(const RequestHead& head, Answer& answer) {
    auto* const bytes = std::get_if<std::string>(&answer.body);
    const bool is_small = bytes != nullptr && bytes->size() < kMinBytes;
    if (is_small && !head.find("accept-encoding")) return;  // nearly every answer
    if ((bytes != nullptr && bytes->empty()) || !may_be_transformed(answer)) return;
    const auto* const type = find_header(answer, "Content-Type");
    const CodingChoice choice = choose_coding(head);
    const bool pays = !is_small && type != nullptr && is_compressible(*type);
    if (!pays && !choice.refuses_identity) return;
    add_vary(answer, "Accept-Encoding");
    if (choice.best == ContentCoding::Identity) return;
    if (bytes == nullptr) {
        answer.body = compressed(choice.best, std::get<BodyProducer>(std::move(answer.body)));
    } else {
        std::string smaller = compressed(choice.best, *bytes);
        if (smaller.size() >= bytes->size() && !choice.refuses_identity) return;
        *bytes = std::move(smaller);
    }
    set_header(answer, "Content-Encoding", choice.best == ContentCoding::Brotli ? "br" : "gzip");
    // Another coding is another sequence of bytes, which a strong tag must not name.
    const auto* const tag = find_header(answer, "ETag");
    if (tag != nullptr && tag->starts_with('"')) set_header(answer, "ETag", "W/" + *tag);
}

}  // namespace kdeps::server
