#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "kdeps/base/value.hpp"

namespace kdeps {

enum class LogLevel { Debug, Info, Warning, Error };

/// A request was answered.
struct RequestFinished {
    std::string request_id;
    std::string method;
    std::string path;
    int status = 0;
    std::chrono::microseconds duration{};
    std::string resource = {};  ///< Of an error: what failed, if it was a resource,
    std::string code = {};      ///< and with what.
};

/// A run or one of its resources failed; `text` is the rendered error with its cause.
struct ResourceFailed {
    std::string request_id;
    std::string resource;
    std::string code;
    std::string text;
    LogLevel level = LogLevel::Error;  ///< Info for what is the client's mistake.
};

/// A resource ended; only emitted when the sink wants debug.
struct ResourceFinished {
    std::string request_id;
    std::string resource;
    std::string kind;
    std::chrono::microseconds duration{};
    bool skipped = false;
};

/// A physical connection was opened, closed (with its recorded reason) or could not be opened.
struct ConnectionEvent {
    enum class What { Opened, Closed, Failed };
    What what;
    std::string pool;
    std::string reason;
};

/// A Python worker process was started or ended.
struct WorkerEvent {
    bool started;
    int pid;
    std::string reason;
};

/// Anything else worth a line; names the request, resource and error it is about, if any.
struct Notice {
    LogLevel level;
    std::string module;
    std::string text;
    std::string request_id = {};
    std::string resource = {};
    std::string code = {};
};

using Event = std::variant<RequestFinished, ResourceFailed, ResourceFinished, ConnectionEvent,
                           WorkerEvent, Notice>;

class MeasureSink;

/// Who hears of events: log lines, progress. Carries no bound values and no secrets.
///
/// Threads: called from any thread, at once; must not throw and must return quickly.
class EventSink {
 public:
    virtual ~EventSink() = default;
    virtual void emit(const Event& event) noexcept = 0;
    /// Whether events of this level are of use; lets callers skip building them.
    [[nodiscard]] virtual bool wants(LogLevel level) const noexcept = 0;

    /// Who hears of measurements beside the events, see measure.hpp; null when nobody does.
    [[nodiscard]] MeasureSink* measures() const noexcept { return measures_; }
    /// REQUIRES: called before the first event; `sink` outlives this.
    void set_measures(MeasureSink* sink) noexcept { measures_ = sink; }

 private:
    MeasureSink* measures_ = nullptr;
};

/// A sink that drops everything.
[[nodiscard]] EventSink& null_sink();

/// Something that can say how it is, for /health and the start banner.
///
/// Threads: safe to call from any thread.
class StatusSource {
 public:
    virtual ~StatusSource() = default;
    [[nodiscard]] virtual std::string status_name() const = 0;
    /// An object of numbers and texts, no secrets.
    [[nodiscard]] virtual Value status() const = 0;
};

}  // namespace kdeps
