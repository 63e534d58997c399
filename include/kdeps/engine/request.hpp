#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kdeps/base/value.hpp"

namespace kdeps::engine {

/// All values of the names that came more than once, ClientText.
using Repeated = std::map<std::string, Value::List, std::less<>>;

/// What one run was asked for. Without an API server only `id`, `target`, `body` and the inputs (as
/// query) are set.
///
/// Threads: not changed while the run lasts.
struct Request {
    std::string id;
    std::string target;  ///< ActionId of the resource whose output is the answer.
    /// A value of the client that a database refuses has the status of ErrorDetail::refusal.
    bool tells_refusals = false;
    std::string method;  ///< Upper case; empty when there is no HTTP request.
    std::string path;
    std::string remote_address;
    std::vector<std::pair<std::string, std::string>> headers;  ///< As sent, in order.
    Object path_parameters;  ///< `:name` segments of the route, ClientText.
    Object query;            ///< First value per name, ClientText.
    Value body;              ///< Parsed JSON, or form fields as ClientText; nil without a body.
    Repeated repeated_query;
    Repeated repeated_form;
    Object typed_headers;  ///< Those that are declared, converted; names in lower case.
    [[nodiscard]] bool has_http() const { return !method.empty(); }
    /// First header of that name, ASCII case ignored.
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

}  // namespace kdeps::engine
