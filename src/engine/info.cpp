#include "info.hpp"

#include <algorithm>
#include <chrono>

#include "kdeps/base/text.hpp"
#include "kdeps/engine/program.hpp"
#include "kdeps/engine/request.hpp"

namespace kdeps::engine {
namespace {

Value now(const Program&, const Request&) {
    return Value(utc_text(std::chrono::system_clock::now()));
}
Value method(const Program&, const Request& request) {
    return Value(request.method);
}
Value path(const Program&, const Request& request) {
    return Value(request.path);
}
Value address(const Program&, const Request& request) {
    return Value(request.remote_address);
}
Value id(const Program&, const Request& request) {
    return Value(request.id);
}
Value name(const Program& program, const Request&) {
    return Value(program.name());
}
Value version(const Program& program, const Request&) {
    return Value(program.version());
}
Value description(const Program& program, const Request&) {
    return Value(program.description());
}

struct Field {
    std::string_view name;
    Value (*value)(const Program&, const Request&);
};

/// The documented names first, then KDeps' other spellings.
constexpr Field kFields[] = {
    {"now", now},
    {"method", method},
    {"path", path},
    {"clientIp", address},
    {"requestId", id},
    {"name", name},
    {"version", version},
    {"description", description},
    {"timestamp", now},
    {"current_time", now},
    {"request.method", method},
    {"request.path", path},
    {"IP", address},
    {"request.IP", address},
    {"request_id", id},
    {"ID", id},
    {"request.ID", id},
    {"workflow.name", name},
    {"workflow.version", version},
    {"workflow.description", description},
};

const Field* find(std::string_view field) {
    const auto found = std::ranges::find(kFields, field, &Field::name);
    return found == std::end(kFields) ? nullptr : found;
}

}  // namespace

std::optional<Value> info_value(std::string_view field, const Program& program,
                                const Request& request) {
    const Field* found = find(field);
    return found == nullptr ? std::nullopt : std::optional(found->value(program, request));
}

bool is_info_field(std::string_view field) {
    return find(field) != nullptr;
}

std::vector<std::string> info_fields() {
    std::vector<std::string> names;
    for (const Field& field : kFields) names.emplace_back(field.name);
    return names;
}

}  // namespace kdeps::engine
