#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kdeps::workflow {

struct UnknownTimeZone {
    std::string hint;  ///< May be empty.
};

/// Whether the C library would silently take UTC for `name`, as it does for one that is misspelt.
/// Nullopt for names of the zone database, for POSIX rules (`CET-1CEST,M3.5.0,M10.5.0/3`), and on
/// a machine without a zone database.
[[nodiscard]] std::optional<UnknownTimeZone> unknown_time_zone(std::string_view name);

}  // namespace kdeps::workflow
