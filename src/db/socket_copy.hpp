#pragma once

#include <string_view>

#include "kdeps/io/descriptor.hpp"

namespace kdeps::db {

/// A descriptor of our own for the socket of a client library, so that shutting it down never meets
/// one that the library has closed meanwhile. `endpoint` is for the error.
///
/// Errors: ConnectionFailed if the process has no descriptor left.
[[nodiscard]] io::Descriptor copy_of_socket(int socket, std::string_view endpoint);

/// Whether the other side has closed its end as well, once ours was shut down. True where nobody
/// can tell, and before.
[[nodiscard]] bool has_ended(int socket) noexcept;

}  // namespace kdeps::db
