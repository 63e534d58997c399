#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exchange.hpp"

namespace kdeps::server {

/// The value of a header; null when there is none of that name.
[[nodiscard]] const std::string* find_header(const Answer& answer, std::string_view name);
/// Sets a header, replacing one of the same name.
void set_header(Answer& answer, std::string name, std::string value);
/// Says that another value of the request header `name` may get another answer.
void add_vary(Answer& answer, std::string_view name);

/// What the head says of the connection and the body.
struct Framing {
    std::optional<std::size_t> content_length;
    bool is_chunked = false;
    bool closes = false;
    int minor_version = 1;  ///< The client's.
};

/// Appends status line and fields, with the empty line behind them.
void append_head(const Answer& answer, const Framing& framing, std::string& out);
/// The fields alone, from the value of `Date: ` on and without the last CRLF, so that the library
/// can print them as one field.
[[nodiscard]] std::string head_fields(const Answer& answer, const Framing& framing);

}  // namespace kdeps::server
