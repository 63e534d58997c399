#pragma once

#include <optional>
#include <string>
#include <string_view>

// What HTTP says about words and addresses: the check of a workflow and the server agree on it.

namespace kdeps {

/// A `token` of RFC 9110, as in the name of a header field or a method.
[[nodiscard]] bool is_token(std::string_view text);
/// Whether the server itself decides about this header of an answer, in any letter case.
[[nodiscard]] bool is_server_header(std::string_view name);
/// An address to listen on: IPv4, IPv6 with or without brackets, or `localhost`.
[[nodiscard]] bool is_listen_address(const std::string& host);
/// Such an address that only this machine can reach.
[[nodiscard]] bool is_loopback(const std::string& host);

/// Decodes `%XX`, and `+` as a space where asked; nullopt for a `%` without two hex digits and for
/// a result that is not UTF-8.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text,
                                                        bool plus_is_space = false);

}  // namespace kdeps
