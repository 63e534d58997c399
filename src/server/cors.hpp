#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kdeps/workflow/settings.hpp"

#include "exchange.hpp"

namespace kdeps::server {

/// Cross-origin answers, as the workflow's `cors` block says; without one there are none.
///
/// Threads: immutable after construction.
/// Source:  Fetch standard, "CORS protocol".
class Cors {
 public:
    explicit Cors(const std::optional<workflow::CorsSettings>& settings);

    /// Whether the request asks in advance whether another may be sent.
    [[nodiscard]] bool is_preflight(const RequestHead& head) const;
    /// Adds what an allowed origin may read; nothing for another origin or without one.
    void add_headers(const RequestHead& head, Answer& answer) const;
    /// The same with the methods and headers that a preflight asks for.
    void add_preflight_headers(const RequestHead& head, Answer& answer) const;

 private:
    [[nodiscard]] bool allows(std::string_view origin) const;

    bool enabled_;
    bool any_origin_ = false;
    workflow::CorsSettings settings_;
    std::string methods_;
    std::string headers_;
    std::string exposed_;
};

}  // namespace kdeps::server
