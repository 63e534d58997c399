#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/error.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/base/value.hpp"

namespace kdeps::worker {

struct WorkerSettings {
    /// Path of `kdeps-python`, the zygote; or of an interpreter (its file name begins with
    /// "python"), e.g. that of a virtual environment, which then runs the same package.
    std::string executable;
    std::string python_path;        ///< Folder that holds the package `kdeps_worker`.
    std::string working_directory;  ///< Of scripts: the workflow's folder.
    /// `agentSettings.pythonVersion`; empty for the embedded interpreter. Another version uses
    /// /usr/bin/pythonX.Y, then /usr/local/bin/pythonX.Y, else the embedded one with a Notice.
    std::string python_version;
    std::map<std::string, std::string> environment;  ///< Of scripts, over this process's own.
    std::size_t max_workers = 4;                     ///< Processes at once, at least 1.
    std::size_t max_output_bytes = 1u << 20;         ///< Of stdout and of stderr kept per call.
    std::size_t max_result_bytes = 64u << 20;

    bool operator==(const WorkerSettings&) const = default;
};

/// A script as the workflow gives it. `{{ expr }}` slots were replaced by the names in
/// `slot_names` before the text came here (see slot_name()); their values come with each call.
struct Script {
    std::string name;  ///< Shown as the file in tracebacks: the actionId.
    std::string source;
    std::vector<std::string> slot_names;
    TextOrigin origin;
};

/// Name that stands in a script for its n-th `{{ }}`: `__kdeps_slot_0__`. Inside string constants
/// the worker turns it into an f-string part, so data never becomes source.
[[nodiscard]] std::string slot_name(std::size_t index);

/// What a process wrote, and its exit status as a shell tells it: 128 and the signal's number when
/// it was killed.
struct ProcessOutput {
    std::string standard_output;
    std::string standard_error;
    int exit_code = 0;
};

/// What a script may ask while it runs; answered on the thread that made the call.
class CallHost {
 public:
    virtual ~CallHost() = default;
    /// `function` is get, set, info, output, env, input or session.
    ///
    /// Errors: any Error becomes a Python exception in the script.
    [[nodiscard]] virtual Value ask(const std::string& function,
                                    const std::vector<Value>& arguments) = 0;
    /// The script has ended with a failure, which call() throws afterwards: exit status 1 for an
    /// exception, 137 for a worker that was killed at the deadline.
    virtual void script_failed(ProcessOutput process) = 0;
};

struct Call {
    const Script* script = nullptr;
    std::vector<Value> slots;  ///< Values of slot_names.
    /// Values of `get('x')` calls with a literal name, sent along so that they need no asking.
    std::vector<std::pair<std::string, Value>> prefetched;
    Value request;  ///< Object: method, path, query, headers, body; bound to `request`.
    Value input;    ///< The request's body or inputs; bound to `input`.
    std::vector<std::string> arguments;  ///< sys.argv[1:]
};

struct CallResult {
    Value value;            ///< What the script returned, or its stdout when it returned nothing.
    bool returned = false;  ///< Whether it returned something other than None.
    ProcessOutput process;
};

/// A mistake Python found in a script before running it.
struct ScriptIssue {
    SourceSpan where;
    std::string message;
};

/// Worker processes that run user Python. The engine's own process never does.
///
/// Threads: safe to share; each call waits in first-come order for a free worker.
class WorkerPool {
 public:
    /// Starts nothing yet; the zygote comes up with the first call.
    WorkerPool(WorkerSettings settings, EventSink& events);
    ~WorkerPool();  ///< Ends every worker and the zygote.
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Runs the script in a worker.
    ///
    /// Values:  docs/reference/python.md. A table that is returned unmodified comes back as the
    ///          same TableRef; stdout that is a JSON object or list becomes that value.
    /// Errors:  PythonFailed (an exception; message `TypeError: ...`, context the traceback with
    ///          the script's own line numbers, also a non-zero exit); WorkerCrashed (killed by a
    ///          signal, os._exit); ResourceTimeout at the deadline, Cancelled on stop: the worker's
    ///          process group is killed and replaced.
    [[nodiscard]] CallResult call(const Call& call, CallHost& host, Deadline deadline,
                                  std::stop_token stop);

    /// Compiles the script without running it: syntax errors with the script's own lines.
    ///
    /// Errors: WorkerCrashed if no worker can start.
    [[nodiscard]] std::optional<ScriptIssue> check(const Script& script);
    /// Names of `get('x')` calls with a literal name and one argument in the script.
    [[nodiscard]] std::vector<std::string> literal_gets(const Script& script);

    /// Starts zygote and one worker now, so that the first request does not pay for it.
    void warm_up();

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kdeps::worker
