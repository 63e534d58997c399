#include "event_line.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/log/log.hpp"

namespace kdeps::log {

namespace {

/// Enough for a stack of causes with their places; a queue of such lines stays below 64 MiB.
constexpr std::size_t kMaxTextBytes = 16UL * 1024;

double milliseconds(std::chrono::microseconds duration) {
    return static_cast<double>(duration.count()) / 1000;
}

/// Whether a terminal may act on the code point or show the text in another order: C0, DEL, C1,
/// line and paragraph separators, and the controls of writing direction.
bool is_unsafe(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/// Appends `text` so that it is safe to show on one line, or on several when `indent` is given.
void append_printable(std::string& out, std::string_view text, std::string_view indent = {}) {
    const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7F; };
    while (!text.empty()) {
        const auto plain = std::find_if_not(text.begin(), text.end(), is_plain);
        out.append(text.begin(), plain);
        text.remove_prefix(static_cast<std::size_t>(plain - text.begin()));
        if (text.empty()) return;
        const std::size_t bytes = utf8_sequence(text);
        const std::string_view sequence = text.substr(0, bytes);
        if (bytes == 0) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
        } else if (sequence == "\n") {
            (out += indent.empty() ? "\\n" : "\n") += indent;
        } else if (sequence == "\t") {
            out += indent.empty() ? "\\t" : "\t";
        } else if (const char32_t c = decode_utf8(sequence); is_unsafe(c)) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += sequence;
        }
        text.remove_prefix(std::max<std::size_t>(1, bytes));
    }
}

/// What others wrote and may hold a secret, or fill the memory while it waits to be written.
std::string free_text(std::string_view text) {
    std::string safe = mask_secrets(text);
    if (safe.size() <= kMaxTextBytes) return safe;
    const std::size_t left_out = safe.size() - kMaxTextBytes;
    safe.resize(kMaxTextBytes);
    return safe += fmt::format(" ... ({} more bytes)", left_out);
}

std::string_view connection_verb(ConnectionEvent::What what) {
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

std::string_view worker_verb(const WorkerEvent& event) {
    return event.started ? "started" : "ended";
}

std::string_view module_of(const Event& event) {
    struct Visitor {
        std::string_view operator()(const RequestFinished&) const { return "server"; }
        std::string_view operator()(const ResourceFailed&) const { return "engine"; }
        std::string_view operator()(const ResourceFinished&) const { return "engine"; }
        std::string_view operator()(const ConnectionEvent&) const { return "pool"; }
        std::string_view operator()(const WorkerEvent&) const { return "worker"; }
        std::string_view operator()(const Notice& notice) const { return notice.module; }
    };
    return std::visit(Visitor{}, event);
}

/// Appends what an event says as a sentence.
class Sentence {
 public:
    explicit Sentence(std::string& out) : out_(out) {}

    void operator()(const RequestFinished& event) const {
        append_printable(out_, event.method);
        out_ += ' ';
        append_printable(out_, free_text(event.path));
        fmt::format_to(std::back_inserter(out_), " {} in {} ms", event.status,
                       milliseconds(event.duration));
        append_request(event.request_id);
    }
    void operator()(const ResourceFailed& event) const {
        if (event.resource.empty()) {
            out_ += "run";
        } else {
            append_resource(event.resource);
        }
        out_ += " failed";
        append_request(event.request_id);
        append_lines(event.text);
    }
    void operator()(const ResourceFinished& event) const {
        append_resource(event.resource);
        out_ += " (";
        append_printable(out_, event.kind);
        if (event.skipped) {
            out_ += ") skipped";
        } else {
            fmt::format_to(std::back_inserter(out_), ") done in {} ms",
                           milliseconds(event.duration));
        }
        append_request(event.request_id);
    }
    void operator()(const ConnectionEvent& event) const {
        out_ += "connection of '";
        append_printable(out_, event.pool);
        (out_ += "' ") += connection_verb(event.what);
        append_lines(event.reason);
    }
    void operator()(const WorkerEvent& event) const {
        out_ += fmt::format("process {} {}", event.pid, worker_verb(event));
        append_lines(event.reason);
    }
    void operator()(const Notice& event) const {
        if (!event.request_id.empty()) {
            out_ += '[';
            append_printable(out_, event.request_id);
            out_ += "] ";
        }
        append_printable(out_, free_text(event.text), kIndent);
    }

 private:
    static constexpr std::string_view kIndent = "    ";

    void append_resource(std::string_view name) const {
        out_ += "resource '";
        append_printable(out_, name);
        out_ += '\'';
    }
    void append_request(std::string_view id) const {
        if (id.empty()) return;
        out_ += " request=";
        append_printable(out_, id);
    }
    void append_lines(std::string_view text) const {
        if (text.empty()) return;
        out_ += ": ";
        append_printable(out_, free_text(text), kIndent);
    }

    std::string& out_;
};

/// Sets what an event says as facts by name; JSON escapes what must be escaped.
class Facts {
 public:
    explicit Facts(Object& line) : line_(line) {}

    void operator()(const RequestFinished& event) const {
        line_.set("requestId", event.request_id);
        line_.set("method", event.method);
        line_.set("path", free_text(event.path));
        line_.set("status", event.status);
        line_.set("durationMs", milliseconds(event.duration));
        if (event.status < 400) return;
        line_.set("resource", event.resource);
        line_.set("code", event.code);
    }
    void operator()(const ResourceFailed& event) const {
        line_.set("requestId", event.request_id);
        line_.set("resource", event.resource);
        line_.set("code", event.code);
        line_.set("error", free_text(event.text));
    }
    void operator()(const ResourceFinished& event) const {
        line_.set("requestId", event.request_id);
        line_.set("resource", event.resource);
        line_.set("kind", event.kind);
        line_.set("durationMs", milliseconds(event.duration));
        line_.set("skipped", event.skipped);
    }
    void operator()(const ConnectionEvent& event) const {
        line_.set("pool", event.pool);
        line_.set("what", connection_verb(event.what));
        line_.set("reason", free_text(event.reason));
    }
    void operator()(const WorkerEvent& event) const {
        line_.set("pid", event.pid);
        line_.set("what", worker_verb(event));
        line_.set("reason", free_text(event.reason));
    }
    void operator()(const Notice& event) const {
        set_if_any("requestId", event.request_id);
        set_if_any("resource", event.resource);
        set_if_any("code", event.code);
        line_.set("text", free_text(event.text));
    }

 private:
    void set_if_any(std::string_view name, const std::string& value) const {
        if (!value.empty()) line_.set(std::string(name), value);
    }

    Object& line_;
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
void append_level(std::string& line, LogLevel level, bool color) {
    const std::string_view name = level == LogLevel::Warning ? "warn" : level_name(level);
    if (color) line += color_of(level);
    line.append(name).append(5 - name.size(), ' ');
    if (color) line += "\x1B[0m";
}

}  // namespace

LogLevel level_of(const Event& event) {
    struct Visitor {
        LogLevel operator()(const RequestFinished&) const { return LogLevel::Info; }
        LogLevel operator()(const ResourceFailed& failed) const { return failed.level; }
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
    std::string line;
    line.reserve(200);
    append_utc_text(line, time, true);
    line += ' ';
    append_level(line, level_of(event), color);
    line += ' ';
    append_printable(line, module_of(event));
    line += ": ";
    std::visit(Sentence(line), event);
    return line;
}

std::string json_line(const Event& event, std::chrono::system_clock::time_point time) {
    Object line{{"time", utc_text(time, true)},
                {"level", level_name(level_of(event))},
                {"module", module_of(event)}};
    std::visit(Facts(line), event);
    return to_json(std::move(line));
}

}  // namespace kdeps::log
