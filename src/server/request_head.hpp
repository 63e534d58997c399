#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "front_settings.hpp"

namespace kdeps::server {

/// A request that is answered without running anything.
struct Refusal {
    int status;
    std::string_view code;  ///< Public code, a string literal.
    std::string message;
};

/// Finds the end of a request head in a buffer that grows, and refuses early what is too large.
class HeadScanner {
 public:
    enum class Status { NeedMore, Complete, Refused };

    explicit HeadScanner(const RequestLimits& limits) : limits_(limits) {}
    /// Looks at the bytes of `buffer` it has not seen yet. REQUIRES: `buffer` begins with the
    /// request line and only grows between calls.
    [[nodiscard]] Status scan(std::string_view buffer);
    [[nodiscard]] std::size_t head_bytes() const { return line_begin_; }  ///< Once Complete.
    [[nodiscard]] const Refusal& refusal() const { return *refusal_; }    ///< Once Refused.
    void reset();

 private:
    Status refuse(int status, std::string_view code, std::string message);

    RequestLimits limits_;
    std::size_t line_begin_ = 0;
    std::size_t seen_ = 0;
    std::size_t lines_ = 0;
    std::size_t request_line_end_ = 0;
    std::optional<Refusal> refusal_;
};

struct HeaderField {
    std::string_view name;
    std::string_view value;  ///< Without white space at its ends.
};

/// The request line and header fields, checked strictly: whatever two servers could read
/// differently is refused.
///
/// Threads: one caller at a time. Not movable: its views point into its own text.
/// Source:  RFC 9112 sections 2, 3, 5, 6, 9; RFC 9110 section 10.1.1.
class RequestHead {
 public:
    RequestHead() = default;
    RequestHead(const RequestHead&) = delete;
    RequestHead& operator=(const RequestHead&) = delete;

    /// Reads a head that HeadScanner found complete, with the empty line at its end. After a
    /// refusal, method and path are set as far as they were read.
    [[nodiscard]] std::optional<Refusal> parse(std::string_view head);

    void clear();
    /// First field of that name, ASCII case ignored.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

    std::string_view method;
    std::string_view path;   ///< As sent, still percent-encoded; `*` for OPTIONS.
    std::string_view query;  ///< Behind the `?`, still encoded.
    std::string_view host;   ///< Of an absolute target, else the Host field; may be empty.
    int minor_version = 1;
    bool keep_alive = false;
    bool expects_continue = false;
    bool expects_unknown = false;  ///< An Expect field says something else.
    bool is_chunked = false;
    std::optional<std::uint64_t> content_length;
    std::vector<HeaderField> fields;

 private:
    [[nodiscard]] std::optional<Refusal> parse_request_line(std::string_view line);
    [[nodiscard]] std::optional<Refusal> parse_target(std::string_view target);
    [[nodiscard]] std::optional<Refusal> parse_field(std::string_view line);
    [[nodiscard]] std::optional<Refusal> check_host();
    [[nodiscard]] std::optional<Refusal> check_framing();
    void read_connection();

    std::string text_;
    bool has_absolute_target_ = false;
};

/// Whether the comma-separated list `value` holds `token`, ASCII case ignored.
[[nodiscard]] bool has_token(std::string_view value, std::string_view token);
/// Whether `text` may stand in a field value: no control characters but tab.
[[nodiscard]] bool is_field_value(std::string_view text);

}  // namespace kdeps::server
