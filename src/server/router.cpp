#include "router.hpp"

#include <algorithm>

#include "kdeps/base/error.hpp"

#include "url.hpp"

namespace kdeps::server {
namespace {

/// `/a/b` is "a", "b"; `/` is one empty segment, so that `/a` and `/a/` differ.
template <typename Visit>
void for_each_segment(std::string_view path, Visit visit) {
    path.remove_prefix(1);
    for (;;) {
        const std::size_t slash = path.find('/');
        visit(path.substr(0, slash));
        if (slash == std::string_view::npos) return;
        path.remove_prefix(slash + 1);
    }
}

std::vector<std::string> decoded_segments(std::string_view path) {
    std::vector<std::string> segments;
    for_each_segment(path, [&](std::string_view segment) {
        auto decoded = percent_decode(segment);
        if (!decoded) {
            throw Error(ErrorCode::BadRequest, "the path is not valid percent-encoded UTF-8");
        }
        segments.push_back(*std::move(decoded));
    });
    return segments;
}

bool has_method(const workflow::Route& route, std::string_view method) {
    const auto& methods = route.methods;
    return std::find(methods.begin(), methods.end(), method) != methods.end();
}

void add_methods(std::vector<std::string>& allow, const workflow::Route& route) {
    const auto add = [&](const std::string& method) {
        if (std::find(allow.begin(), allow.end(), method) == allow.end()) allow.push_back(method);
    };
    for (const std::string& method : route.methods) {
        add(method);
        if (method == "GET") add("HEAD");
    }
    add("OPTIONS");
}

}  // namespace

Router::Router(const std::vector<workflow::Route>& routes) {
    for (const workflow::Route& route : routes) {
        entries_.push_back({&route, parse(route.path)});
        const auto& segments = entries_.back().segments;
        const bool is_exact = std::all_of(segments.begin(), segments.end(),
                                          [](const Segment& s) { return s.part == Part::Literal; });
        if (is_exact) exact_[route.path].push_back(&route);
    }
    std::stable_sort(entries_.begin(), entries_.end(), is_before);
}

std::vector<Router::Segment> Router::parse(const std::string& path) {
    std::vector<Segment> segments;
    if (!path.starts_with('/')) return segments;  // refused when the workflow was checked
    for_each_segment(path, [&](std::string_view text) {
        if (text == "*") {
            segments.push_back({Part::One, {}});
        } else if (text.size() > 1 && text.front() == ':') {
            segments.push_back({Part::Parameter, std::string(text.substr(1))});
        } else {
            segments.push_back({Part::Literal, std::string(text)});
        }
    });
    if (segments.back().part == Part::One) segments.back().part = Part::Rest;
    return segments;
}

bool Router::is_before(const Entry& a, const Entry& b) {
    return std::lexicographical_compare(
        a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
        [](const Segment& left, const Segment& right) { return left.part < right.part; });
}

bool Router::fits(const Entry& entry, const std::vector<std::string>& segments,
                  Object& parameters) {
    const bool takes_rest = !entry.segments.empty() && entry.segments.back().part == Part::Rest;
    if (takes_rest ? segments.size() < entry.segments.size()
                   : segments.size() != entry.segments.size()) {
        return false;
    }
    for (std::size_t i = 0; i < entry.segments.size(); ++i) {
        const Segment& expected = entry.segments[i];
        if (expected.part == Part::Literal && expected.text != segments[i]) return false;
        const bool needs_text = expected.part == Part::Parameter || expected.part == Part::One;
        if (needs_text && segments[i].empty()) return false;
    }
    for (std::size_t i = 0; i < entry.segments.size(); ++i) {
        if (entry.segments[i].part == Part::Parameter) {
            parameters.set(entry.segments[i].text, segments[i]);
        }
    }
    return true;
}

RouteMatch Router::match(std::string_view method, std::string_view path) const {
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    if (const auto found = exact_.find(path); found != exact_.end()) {
        for (const workflow::Route* const route : found->second) {
            if (has_method(*route, wanted)) return {.route = route, .parameters = {}, .allow = {}};
        }
    }
    RouteMatch result;
    if (!path.starts_with('/')) return result;
    const std::vector<std::string> segments = decoded_segments(path);
    for (const Entry& entry : entries_) {
        Object parameters;
        if (!fits(entry, segments, parameters)) continue;
        if (has_method(*entry.route, wanted)) {
            return {.route = entry.route, .parameters = std::move(parameters), .allow = {}};
        }
        add_methods(result.allow, *entry.route);
    }
    return result;
}

}  // namespace kdeps::server
