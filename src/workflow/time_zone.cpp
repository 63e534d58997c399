#include "time_zone.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "kdeps/base/text.hpp"

namespace kdeps::workflow {
namespace {

namespace fs = std::filesystem;

const fs::path& zone_database() {
    static const fs::path folder = "/usr/share/zoneinfo";
    return folder;
}

/// A name of three letters or more, or one in `<>`, and an offset in hours.
bool is_posix_rule(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    std::size_t end = 0;
    if (text.starts_with('<')) {
        end = text.find('>');
        if (end == std::string_view::npos) return false;
        ++end;
    } else {
        while (end < text.size() && is_letter(text[end])) ++end;
        if (end < 3) return false;
    }
    if (end < text.size() && (text[end] == '+' || text[end] == '-')) ++end;
    return end < text.size() && text[end] >= '0' && text[end] <= '9';
}

std::vector<std::string> zone_names() {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(zone_database(), error), end; entry != end;
         entry.increment(error)) {
        if (error) break;
        const std::string name = fs::relative(entry->path(), zone_database(), error).string();
        // Both are further copies of all zones.
        if (name == "posix" || name == "right") {
            entry.disable_recursion_pending();
        } else if (entry->is_regular_file(error)) {
            names.push_back(name);
        }
    }
    return names;
}

}  // namespace

std::optional<UnknownTimeZone> unknown_time_zone(std::string_view name) {
    if (name.starts_with(':')) name.remove_prefix(1);
    std::error_code error;
    const bool is_elsewhere = std::getenv("TZDIR") != nullptr;  // then we do not know
    if (is_posix_rule(name) || is_elsewhere || !fs::is_directory(zone_database(), error)) {
        return std::nullopt;
    }
    if (!name.empty() && fs::is_regular_file(zone_database() / name, error)) return std::nullopt;
    return UnknownTimeZone{did_you_mean(name, zone_names())};
}

}  // namespace kdeps::workflow
