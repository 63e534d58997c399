#include "kdeps/workflow/path_pattern.hpp"

#include <algorithm>

#include "kdeps/base/http_text.hpp"

namespace kdeps::workflow {
namespace {

/// REQUIRES: `path` begins with a slash.
std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    for (;;) {
        path.remove_prefix(1);
        const std::size_t slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash);
    }
}

}  // namespace

std::optional<std::vector<std::string>> path_segments(std::string_view path) {
    if (!path.starts_with('/')) return std::nullopt;
    std::vector<std::string> segments;
    for (const std::string_view segment : split(path)) {
        auto decoded = percent_decode(segment);
        if (!decoded) return std::nullopt;
        segments.push_back(*std::move(decoded));
    }
    return segments;
}

PathPattern::PathPattern(std::string_view text) {
    if (!text.starts_with('/')) return;
    for (const std::string_view segment : split(text)) {
        if (segment == "*") {
            segments_.push_back({Part::One, {}});
        } else if (segment.size() > 1 && segment.front() == ':') {
            segments_.push_back({Part::Parameter, std::string(segment.substr(1))});
        } else {
            segments_.push_back({Part::Literal, std::string(segment)});
        }
    }
    if (segments_.back().part == Part::One) segments_.back().part = Part::Rest;
}

bool PathPattern::Segment::fits(std::string_view actual) const {
    return part == Part::Literal ? text == actual : !actual.empty();
}

bool PathPattern::Segment::overlaps(const Segment& other) const {
    if (part == Part::Literal) return other.fits(text);
    return other.part != Part::Literal || fits(other.text);
}

bool PathPattern::takes_rest() const {
    return !segments_.empty() && segments_.back().part == Part::Rest;
}

std::size_t PathPattern::fixed() const {
    return segments_.size() - (takes_rest() ? 1 : 0);
}

bool PathPattern::fits(const std::vector<std::string>& segments) const {
    const bool has_length =
        takes_rest() ? segments.size() >= fixed() : segments.size() == segments_.size();
    return has_length && !segments_.empty() &&
           std::equal(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(fixed()),
                      segments.begin(), [](const Segment& expected, const std::string& actual) {
                          return expected.fits(actual);
                      });
}

Object PathPattern::parameters(const std::vector<std::string>& segments) const {
    Object parameters;
    for (std::size_t i = 0; i < fixed(); ++i) {
        if (segments_[i].part != Part::Parameter) continue;
        parameters.set(segments_[i].text, ClientText{segments[i]});
    }
    return parameters;
}

std::vector<std::string> PathPattern::parameter_names() const {
    std::vector<std::string> names;
    for (const Segment& segment : segments_) {
        if (segment.part == Part::Parameter) names.push_back(segment.text);
    }
    return names;
}

bool PathPattern::overlaps(const PathPattern& other) const {
    if (segments_.empty() || other.segments_.empty()) return false;
    const std::size_t common = std::min(fixed(), other.fixed());
    for (std::size_t i = 0; i < common; ++i) {
        if (!segments_[i].overlaps(other.segments_[i])) return false;
    }
    return (fixed() == common || other.takes_rest()) && (other.fixed() == common || takes_rest());
}

bool PathPattern::is_exact() const {
    return std::ranges::all_of(segments_, [](const Segment& s) { return s.part == Part::Literal; });
}

bool PathPattern::is_before(const PathPattern& other) const {
    return std::ranges::lexicographical_compare(segments_, other.segments_, {}, &Segment::part,
                                                &Segment::part);
}

}  // namespace kdeps::workflow
