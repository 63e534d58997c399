#pragma once

#include <map>
#include <string>
#include <string_view>

#include "kdeps/sql/dsn.hpp"

namespace kdeps::sql {

/// Every mistake in a connection string. The message must not repeat what may hold a password.
[[noreturn]] void invalid_dsn(const std::string& message, std::string hint = {});

/// Replaces `%41` by its byte. `what` names the part in the message: "user name", ...
///
/// Errors: Error(InvalidDsn) for `%` without two hexadecimal digits, and for `%00`.
[[nodiscard]] std::string percent_decoded(std::string_view text, std::string_view what);

/// 1..65535. Errors: Error(InvalidDsn).
[[nodiscard]] int parse_port(std::string_view text);

/// `a=1&b=2`, decoded. Errors: Error(InvalidDsn) for a name that comes twice.
[[nodiscard]] std::map<std::string, std::string> parse_query(std::string_view text);

/// Moves what the dialect keeps elsewhere (`user`, `host`, ...) into its field, checks names and
/// values of the rest.
///
/// Errors: Error(InvalidDsn) for an unknown option, with the closest known one.
void settle_options(Dsn& dsn);

/// Behind `scheme://`. Errors: Error(InvalidDsn).
[[nodiscard]] Dsn parse_network_url(const Dialect& dialect, std::string_view rest);
/// libpq's `host=... dbname=...`.
[[nodiscard]] Dsn parse_keyword_form(const Dialect& dialect, std::string_view text);
/// The Go driver's `user:password@tcp(host:port)/database?options`, nothing of it encoded.
[[nodiscard]] Dsn parse_go_form(const Dialect& dialect, std::string_view text);

}  // namespace kdeps::sql
