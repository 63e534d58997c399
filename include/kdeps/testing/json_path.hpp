#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "kdeps/base/source.hpp"
#include "kdeps/base/value.hpp"

namespace kdeps::testing {

/// A place in a JSON value: `$`, `$.data.orders[0].id`, `$.headers["x-y"]`; the `$.` may be left
/// out.
class JsonPath {
 public:
    using Part = std::variant<std::string, std::size_t>;

    JsonPath() = default;  ///< The whole value.
    /// Errors: Error(InvalidValue) at what is no part of a path.
    static JsonPath parse(const std::string& text, const TextOrigin& origin);

    /// Nullopt where there is nothing.
    [[nodiscard]] std::optional<Value> find(const Value& root) const;
    [[nodiscard]] std::string text() const;  ///< Beginning with `$`.

 private:
    std::vector<Part> parts_;
};

/// `$.data` and `id` make `$.data.id`; a name with other characters than letters, digits, `_` and
/// `-` is quoted.
[[nodiscard]] std::string joined_path(const std::string& path, const std::string& name);
[[nodiscard]] std::string joined_path(const std::string& path, std::size_t index);

}  // namespace kdeps::testing
