#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kdeps/base/text.hpp"

namespace kdeps {

namespace {

constexpr std::size_t kLongestName = 100;  // longer ones are no names, and the table is quadratic
constexpr std::size_t kListed = 10;

/// Damerau-Levenshtein distance, each pair of letters swapped at most once.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({last[j] + 1, current[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], before_last[j - 2] + 1);
            }
        }
        std::swap(before_last, last);
        std::swap(last, current);
    }
    return last[b.size()];
}

}  // namespace

std::optional<std::string> closest(std::string_view name, std::span<const std::string> known) {
    if (name.empty() || name.size() > kLongestName) return std::nullopt;
    const std::string wanted = to_lower(name);
    std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;
    std::optional<std::string> found;
    for (const std::string& candidate : known) {
        if (candidate.size() > kLongestName) continue;
        const std::size_t edits = distance(wanted, to_lower(candidate));
        if (edits < best && edits < candidate.size()) {
            best = edits;
            found = candidate;
        }
    }
    return found;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> known) {
    if (const auto match = closest(name, known)) return fmt::format("did you mean '{}'?", *match);
    if (known.empty()) return {};
    const auto listed = known.first(std::min(known.size(), kListed));
    return fmt::format("known: {}{}", fmt::join(listed, ", "),
                       known.size() > kListed ? ", ..." : "");
}

}  // namespace kdeps
