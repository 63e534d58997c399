#pragma once

#include <string>
#include <string_view>

namespace kdeps::server {

/// A version-4 UUID from a generator per thread: unique, not secret, without a system call.
[[nodiscard]] std::string new_request_id();

/// Whether a client's id is kept: 1 to 128 of `A-Z a-z 0-9 . _ -`.
[[nodiscard]] bool is_request_id(std::string_view text);

}  // namespace kdeps::server
