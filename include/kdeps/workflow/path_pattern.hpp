#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/value.hpp"

namespace kdeps::workflow {

/// The decoded segments of a path as sent: `/a%20b/c` is "a b", "c", and `/` is one empty segment,
/// so that `/a` and `/a/` differ. Nullopt when it is not valid percent-encoded UTF-8 or does not
/// begin with a slash.
[[nodiscard]] std::optional<std::vector<std::string>> path_segments(std::string_view path);

/// What paths a route, or an entry of `validations.routes`, stands for: literal segments, `:name`
/// and `*` for one segment that is not empty, and a `*` at the end for any number of segments,
/// none included: `/files/*` is also `/files`.
///
/// Threads: immutable after construction.
class PathPattern {
 public:
    /// A text that does not begin with a slash fits nothing; the check of the workflow reports it.
    explicit PathPattern(std::string_view text);

    [[nodiscard]] bool fits(const std::vector<std::string>& segments) const;
    /// The `:name` segments of a path that fits.
    [[nodiscard]] Object parameters(const std::vector<std::string>& segments) const;
    [[nodiscard]] std::vector<std::string> parameter_names() const;
    /// Whether there is a path that fits both.
    [[nodiscard]] bool overlaps(const PathPattern& other) const;
    [[nodiscard]] bool is_exact() const;  ///< Without `:name` and `*`.

    /// The order in which patterns are tried: most literal from the left first, then `:name`, then
    /// `*`.
    [[nodiscard]] bool is_before(const PathPattern& other) const;

 private:
    enum class Part { Literal, Parameter, One, Rest };
    struct Segment {
        Part part;
        std::string text;  ///< The literal or the parameter's name.

        [[nodiscard]] bool fits(std::string_view actual) const;
        [[nodiscard]] bool overlaps(const Segment& other) const;
    };

    [[nodiscard]] bool takes_rest() const;
    [[nodiscard]] std::size_t fixed() const;  ///< How many segments stand for one each.

    std::vector<Segment> segments_;
};

}  // namespace kdeps::workflow
