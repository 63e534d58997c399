#include "cors.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "answer_head.hpp"

namespace kdeps::server {

Cors::Cors(const std::optional<workflow::CorsSettings>& settings) : enabled_(settings.has_value()) {
    if (!settings) return;
    settings_ = *settings;
    const auto& origins = settings_.allow_origins;
    any_origin_ = std::find(origins.begin(), origins.end(), "*") != origins.end();
    methods_ = fmt::format("{}", fmt::join(settings_.allow_methods, ", "));
    headers_ = fmt::format("{}", fmt::join(settings_.allow_headers, ", "));
    exposed_ = fmt::format("{}", fmt::join(settings_.expose_headers, ", "));
}

bool Cors::is_preflight(const RequestHead& head) const {
    return enabled_ && head.method == "OPTIONS" && head.find("origin") &&
           head.find("access-control-request-method");
}

bool Cors::allows(std::string_view origin) const {
    const auto& origins = settings_.allow_origins;
    return any_origin_ || std::find(origins.begin(), origins.end(), origin) != origins.end();
}

void Cors::add_headers(const RequestHead& head, Answer& answer) const {
    if (!enabled_) return;
    const bool echoes = !any_origin_ || settings_.allow_credentials;
    if (echoes) add_vary(answer, "Origin");  // also where the origin is refused
    const auto origin = head.find("origin");
    if (!origin || !allows(*origin)) return;
    set_header(answer, "Access-Control-Allow-Origin", echoes ? std::string(*origin) : "*");
    if (settings_.allow_credentials) {
        set_header(answer, "Access-Control-Allow-Credentials", "true");
    }
    if (!exposed_.empty()) set_header(answer, "Access-Control-Expose-Headers", exposed_);
}

void Cors::add_preflight_headers(const RequestHead& head, Answer& answer) const {
    const auto origin = head.find("origin");
    if (!origin || !allows(*origin)) return;
    if (!methods_.empty()) set_header(answer, "Access-Control-Allow-Methods", methods_);
    if (!headers_.empty()) set_header(answer, "Access-Control-Allow-Headers", headers_);
    if (settings_.max_age) {
        set_header(answer, "Access-Control-Max-Age", std::to_string(settings_.max_age->count()));
    }
}

}  // namespace kdeps::server
