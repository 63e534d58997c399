#include "event_line.hpp"

#include <fmt/format.h>

#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/log/log.hpp"

namespace kdeps::log {

namespace {

double milliseconds(std::chrono::microseconds duration) {
    return static_cast<double>(duration.count()) / 1000;
}

/// Whether a terminal may act on the code point or show the text in another order: C0, DEL, C1,
/// line and paragraph separators, and the controls of writing direction.
bool is_unsafe(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/// `text` without secrets, safe to show on one line, or on several when `indent` is given.
std::string printable(std::string_view text, std::string_view indent = {}) {
    const std::string masked = mask_secrets(text);
    std::string safe;
    for (std::string_view rest = masked; !rest.empty();) {
        const std::size_t bytes = utf8_sequence(rest);
        const std::string_view sequence = rest.substr(0, bytes);
        if (bytes == 0) {
            safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(rest.front()));
        } else if (sequence == "\n") {
            safe += indent.empty() ? "\\n" : fmt::format("\n{}", indent);
        } else if (sequence == "\t") {
            safe += indent.empty() ? "\\t" : "\t";
        } else if (const char32_t c = decode_utf8(sequence); is_unsafe(c)) {
            safe += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            safe += sequence;
        }
        rest.remove_prefix(std::max<std::size_t>(1, bytes));
    }
    return safe;
}

std::string request_suffix(const std::string& request_id) {
    return request_id.empty() ? "" : " request=" + printable(request_id);
}

/// What an event says: the module it comes from, a sentence, and its facts by name.
struct Content {
    std::string_view module;
    std::string text;
    Object facts;
};

/// Facts keep their texts as they are but for secrets; JSON escapes what must be escaped.
Value fact(std::string_view text) {
    return mask_secrets(text);
}

class Describe {
 public:
    explicit Describe(std::string_view indent) : indent_(indent) {}

    Content operator()(const RequestFinished& event) const {
        const double duration = milliseconds(event.duration);
        return {"server",
                fmt::format("{} {} {} in {} ms{}", printable(event.method), printable(event.path),
                            event.status, duration, request_suffix(event.request_id)),
                {{"requestId", fact(event.request_id)},
                 {"method", fact(event.method)},
                 {"path", fact(event.path)},
                 {"status", event.status},
                 {"durationMs", duration}}};
    }
    Content operator()(const ResourceFailed& event) const {
        const std::string subject = event.resource.empty()
                                        ? "run"
                                        : fmt::format("resource '{}'", printable(event.resource));
        return {"engine",
                fmt::format("{} failed{}: {}", subject, request_suffix(event.request_id),
                            printable(event.text, indent_)),
                {{"requestId", fact(event.request_id)},
                 {"resource", fact(event.resource)},
                 {"code", fact(event.code)},
                 {"error", fact(event.text)}}};
    }
    Content operator()(const ResourceFinished& event) const {
        const double duration = milliseconds(event.duration);
        const std::string end = event.skipped ? "skipped" : fmt::format("done in {} ms", duration);
        return {"engine",
                fmt::format("resource '{}' ({}) {}{}", printable(event.resource),
                            printable(event.kind), end, request_suffix(event.request_id)),
                {{"requestId", fact(event.request_id)},
                 {"resource", fact(event.resource)},
                 {"kind", fact(event.kind)},
                 {"durationMs", duration},
                 {"skipped", event.skipped}}};
    }
    Content operator()(const ConnectionEvent& event) const {
        const std::string_view what = connection_verb(event.what);
        const std::string reason =
            event.reason.empty() ? "" : ": " + printable(event.reason, indent_);
        return {"pool",
                fmt::format("connection of '{}' {}{}", printable(event.pool), what, reason),
                {{"pool", fact(event.pool)}, {"what", what}, {"reason", fact(event.reason)}}};
    }
    Content operator()(const WorkerEvent& event) const {
        const std::string_view what = event.started ? "started" : "ended";
        const std::string reason =
            event.reason.empty() ? "" : ": " + printable(event.reason, indent_);
        return {"worker",
                fmt::format("process {} {}{}", event.pid, what, reason),
                {{"pid", event.pid}, {"what", what}, {"reason", fact(event.reason)}}};
    }
    Content operator()(const Notice& event) const {
        return {event.module, printable(event.text, indent_), {{"text", fact(event.text)}}};
    }

 private:
    static std::string_view connection_verb(ConnectionEvent::What what) {
        switch (what) {
            case ConnectionEvent::What::Opened:
                return "opened";
            case ConnectionEvent::What::Closed:
                return "closed";
            case ConnectionEvent::What::Failed:
                return "failed";
        }
        return "";
    }
    std::string_view indent_;
};

std::string_view color_of(LogLevel level) {
    switch (level) {
        case LogLevel::Debug:
            return "\x1B[2m";  // dim
        case LogLevel::Info:
            return "\x1B[32m";  // green
        case LogLevel::Warning:
            return "\x1B[33m";  // yellow
        case LogLevel::Error:
            return "\x1B[31m";  // red
    }
    return "";
}

/// Five letters wide, so that modules stand below each other.
std::string level_column(LogLevel level, bool color) {
    const std::string_view name = level == LogLevel::Warning ? "warn" : level_name(level);
    const std::string column = fmt::format("{:<5}", name);
    return color ? fmt::format("{}{}\x1B[0m", color_of(level), column) : column;
}

}  // namespace

LogLevel level_of(const Event& event) {
    struct Visitor {
        LogLevel operator()(const RequestFinished&) const { return LogLevel::Info; }
        LogLevel operator()(const ResourceFailed&) const { return LogLevel::Error; }
        LogLevel operator()(const ResourceFinished&) const { return LogLevel::Debug; }
        LogLevel operator()(const ConnectionEvent& connection) const {
            const bool failed = connection.what == ConnectionEvent::What::Failed;
            return failed ? LogLevel::Warning : LogLevel::Debug;
        }
        LogLevel operator()(const WorkerEvent&) const { return LogLevel::Debug; }
        LogLevel operator()(const Notice& notice) const { return notice.level; }
    };
    return std::visit(Visitor{}, event);
}

std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::Debug:
            return "debug";
        case LogLevel::Info:
            return "info";
        case LogLevel::Warning:
            return "warning";
        case LogLevel::Error:
            return "error";
    }
    return "";
}

std::string text_line(const Event& event, std::chrono::system_clock::time_point time, bool color) {
    const Content content = std::visit(Describe("    "), event);
    return fmt::format("{} {} {}: {}", utc_text(time, true), level_column(level_of(event), color),
                       printable(content.module), content.text);
}

std::string json_line(const Event& event, std::chrono::system_clock::time_point time) {
    const Content content = std::visit(Describe({}), event);
    Object line{{"time", utc_text(time, true)},
                {"level", level_name(level_of(event))},
                {"module", fact(content.module)}};
    for (const auto& [name, value] : content.facts) line.set(name, value);
    return to_json(std::move(line));
}

}  // namespace kdeps::log
