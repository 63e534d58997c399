#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kdeps/workflow/settings.hpp"

#include "request_head.hpp"

namespace kdeps::server {

/// Whether `Authorization: Bearer` or `X-API-Key` holds `token`; either may. Takes the same time
/// however much of the token is right.
[[nodiscard]] bool is_authorised(const RequestHead& head, std::string_view token);

/// Which Host headers are answered. A page in a browser can point its own domain at 127.0.0.1 and
/// read what answers there; so on loopback only known names are.
///
/// Threads: immutable after construction.
class HostPolicy {
 public:
    /// Errors: Error(InvalidValue) for a host that is no address.
    explicit HostPolicy(const workflow::ApiServerSettings& api);
    [[nodiscard]] bool allows(const RequestHead& head) const;

 private:
    bool checks_ = false;
    std::vector<std::string> names_;  ///< Lower case, some with a port.
};

}  // namespace kdeps::server
