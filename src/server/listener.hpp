#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kdeps/io/descriptor.hpp"

namespace kdeps::server {

/// Whether `host` (`localhost` or an address) can be reached from this machine only.
///
/// Errors: Error(InvalidValue) when `host` is neither.
[[nodiscard]] bool is_local_host(const std::string& host);

struct Listeners {
    /// Non-blocking; `localhost` gives one for IPv4 and one for IPv6 where the machine has it.
    std::vector<io::Descriptor> sockets;
    int port = 0;
};

/// Binds and listens. No SO_REUSEPORT: a second server on the port fails instead of sharing it.
///
/// Errors: Error(AddressInUse); Error(InvalidValue) when the address is wrong or not ours.
[[nodiscard]] Listeners open_listeners(const std::string& host, int port, int backlog);

}  // namespace kdeps::server
