#include "body_reader.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "kdeps/base/http_text.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps::server {
namespace {

constexpr std::size_t kMaxLine = 1024;  // a chunk size with its extensions, or a trailer
constexpr std::size_t kMaxTrailers = 8u << 10;

}  // namespace

std::optional<Refusal> BodyReader::start(const RequestHead& head) {
    refusal_.reset();
    trailer_bytes_ = 0;
    remaining_ = head.content_length.value_or(0);
    state_ = head.is_chunked ? State::ChunkSize : remaining_ > 0 ? State::Counted : State::Complete;
    if (head.expects_unknown) {
        return Refusal{417, "EXPECTATION_FAILED", "Expect is not '100-continue'"};
    }
    if (state_ == State::Complete) return std::nullopt;
    for (const auto& [name, value] : head.fields) {
        if (!equals_ignoring_case(name, "content-encoding")) continue;
        if (equals_ignoring_case(value, "identity")) continue;
        return Refusal{415, "UNSUPPORTED_MEDIA_TYPE",
                       fmt::format("Content-Encoding '{}' is not supported", value)};
    }
    if (remaining_ > max_bytes_) return too_large();
    return std::nullopt;
}

BodyReader::Status BodyReader::feed(std::string_view& input, std::string& body) {
    bool progresses = true;
    while (progresses && state_ != State::Complete) {
        switch (state_) {
            case State::Counted:
            case State::ChunkData:
                progresses = take_data(input, body);
                break;
            case State::ChunkSize:
                progresses = take_size_line(input, body.size());
                break;
            case State::ChunkEnd:
                progresses = take_chunk_end(input);
                break;
            case State::Trailer:
                progresses = take_trailer(input);
                break;
            case State::Complete:
                break;
        }
    }
    if (refusal_) return Status::Refused;
    return state_ == State::Complete ? Status::Complete : Status::NeedMore;
}

bool BodyReader::take_data(std::string_view& input, std::string& body) {
    const std::size_t count = std::min<std::uint64_t>(remaining_, input.size());
    body.append(input.substr(0, count));
    input.remove_prefix(count);
    remaining_ -= count;
    if (remaining_ > 0) return false;
    state_ = state_ == State::Counted ? State::Complete : State::ChunkEnd;
    return true;
}

bool BodyReader::take_size_line(std::string_view& input, std::size_t decoded) {
    const auto line = take_line(input);
    if (!line) return false;
    const std::string_view digits = line->substr(0, line->find(';'));
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, remaining_, 16);
    // A space before ';' is "bad white space": readers disagree about it, so it is refused.
    if (digits.empty() || digits.size() > 16 || error != std::errc() || stop != end ||
        !is_field_value(*line)) {
        return refuse(400, "BAD_REQUEST", "a chunk's size is not a hexadecimal number");
    }
    if (remaining_ > max_bytes_ - decoded) {
        refusal_ = too_large();
        return false;
    }
    state_ = remaining_ == 0 ? State::Trailer : State::ChunkData;
    return true;
}

bool BodyReader::take_chunk_end(std::string_view& input) {
    const std::string_view expected = "\r\n";
    if (!expected.starts_with(input.substr(0, 2))) {
        return refuse(400, "BAD_REQUEST", "a chunk is longer than its size says");
    }
    if (input.size() < 2) return false;
    input.remove_prefix(2);
    state_ = State::ChunkSize;
    return true;
}

bool BodyReader::take_trailer(std::string_view& input) {
    const auto line = take_line(input);
    if (!line) return false;
    if (line->empty()) {
        state_ = State::Complete;
        return true;
    }
    trailer_bytes_ += line->size();
    if (trailer_bytes_ > kMaxTrailers) {
        return refuse(431, "HEADERS_TOO_LARGE",
                      fmt::format("the trailers take more than {} bytes", kMaxTrailers));
    }
    const std::size_t colon = line->find(':');
    if (colon == std::string_view::npos || !is_token(line->substr(0, colon)) ||
        !is_field_value(line->substr(colon))) {
        return refuse(400, "BAD_REQUEST", "a trailer is not 'name: value'");
    }
    return true;
}

std::optional<std::string_view> BodyReader::take_line(std::string_view& input) {
    const std::size_t newline = input.substr(0, kMaxLine).find('\n');
    if (newline == std::string_view::npos) {
        if (input.size() >= kMaxLine) {
            refuse(400, "BAD_REQUEST",
                   fmt::format("a line of the chunked body is longer than {} bytes", kMaxLine));
        }
        return std::nullopt;
    }
    if (newline == 0 || input[newline - 1] != '\r') {
        refuse(400, "BAD_REQUEST", "a line ends without a carriage return");
        return std::nullopt;
    }
    const std::string_view line = input.substr(0, newline - 1);
    input.remove_prefix(newline + 1);
    return line;
}

bool BodyReader::refuse(int status, std::string_view code, std::string message) {
    refusal_ = Refusal{.status = status, .code = code, .message = std::move(message)};
    return false;
}

Refusal BodyReader::too_large() const {
    return {413, "REQUEST_TOO_LARGE", fmt::format("the body is larger than {} bytes", max_bytes_)};
}

}  // namespace kdeps::server
