#include "kdeps/worker/worker_pool.hpp"

#include <algorithm>
#include <list>
#include <mutex>

#include <fmt/format.h>
#include <sys/wait.h>

#include "kdeps/base/measure.hpp"

#include "conversation.hpp"
#include "interpreter.hpp"
#include "script_book.hpp"
#include "worker_process.hpp"
#include "zygote.hpp"

namespace kdeps::worker {
namespace {

using Clock = std::chrono::steady_clock;

/// Loading checks scripts one by one; a worker that takes longer to compile one is broken.
constexpr std::chrono::seconds kCheckPatience{60};
constexpr std::size_t kMaxScripts = 1024;

std::int64_t millis_since(SteadyTime start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
}

/// Who waits for a permit. `granted` is guarded by the pool's mutex.
struct Waiter {
    explicit Waiter(const std::stop_token& stop) : wakeup(stop) {}
    io::Wakeup wakeup;
    bool granted = false;
};

Error cancelled(const std::string& script) {
    return {ErrorCode::Cancelled, fmt::format("python script '{}' was cancelled", script)};
}

struct Death {
    std::string text;
    std::string hint;
};

Death describe_death(std::optional<int> status, const std::string& zygote_end) {
    if (!zygote_end.empty()) {
        return {
            fmt::format("its worker is gone, since the process that starts workers {}", zygote_end),
            "a script must not signal its parent process, which serves all scripts"};
    }
    if (!status || *status < 0) return {"its worker is gone", {}};
    if (WIFEXITED(*status)) {
        return {fmt::format("its worker ended with exit status {}", WEXITSTATUS(*status)),
                "os._exit() ends the worker: return or raise instead"};
    }
    const int number = WTERMSIG(*status);
    return {fmt::format("its worker was killed by {}", signal_text(number)), signal_hint(number)};
}

/// As `$?` of a shell: 128 and the number of the signal that killed it.
int shell_status(std::optional<int> status) {
    if (!status || *status < 0) return 1;
    return WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
}

}  // namespace

std::string slot_name(std::size_t index) {
    return fmt::format("__kdeps_slot_{}__", index);
}

struct WorkerPool::Impl {
    Impl(WorkerSettings given, EventSink& sink)
        : settings(std::move(given)), events(sink), free_permits(settings.max_workers) {
        static const std::string kFolders[] = {"/usr/bin", "/usr/local/bin"};
        command = choose_interpreter(settings, kFolders, events);
    }

    /// The right to use one worker process; there are max_workers of them.
    class Permit {
     public:
        Permit(Impl& pool, const std::string& script, const Deadline& deadline,
               const std::stop_token& stop)
            : pool_(pool) {
            pool_.acquire_permit(script, deadline, stop);
        }
        ~Permit() { pool_.release_permit(); }
        Permit(const Permit&) = delete;
        Permit& operator=(const Permit&) = delete;

     private:
        Impl& pool_;
    };

    /// A worker, the right to use it, and how long to wait for what it says.
    class Loan {
        std::optional<Permit> permit_;  // outlives the worker
        std::optional<io::Wakeup> wakeup_;

     public:
        /// Errors: as for acquire_permit() and take_worker().
        Loan(Impl& pool, const std::string& script, const Deadline& deadline,
             const std::stop_token& stop) {
            measured(pool.events, Measurement::Kind::WorkerWait, script, [&] {
                permit_.emplace(pool, script, deadline, stop);
                start = Clock::now();
                if (stop.stop_possible()) wakeup_.emplace(stop);
                patience = {deadline, wakeup_ ? &*wakeup_ : nullptr};
                worker = pool.take_worker(script, patience);
            });
        }

        SteadyTime start;
        Patience patience{Deadline::never(), nullptr};
        std::unique_ptr<WorkerProcess> worker;
    };

    struct Counts {
        std::size_t busy, waiting;
    };
    void acquire_permit(const std::string& script, const Deadline& deadline,
                        const std::stop_token& stop);
    [[nodiscard]] CallResult call(Loan& loan, const Call& call, CallHost& host);
    void release_permit();

    /// Errors: ResourceTimeout and Cancelled by `patience`; WorkerCrashed if none can start.
    [[nodiscard]] std::unique_ptr<WorkerProcess> take_worker(const std::string& script,
                                                             const Patience& patience);
    [[nodiscard]] std::unique_ptr<WorkerProcess> start_worker(const std::string& script,
                                                              const Patience& patience);
    [[nodiscard]] std::shared_ptr<Zygote> living_zygote();
    void keep(std::unique_ptr<WorkerProcess> worker);
    std::optional<int> end(WorkerProcess& worker, const std::string& reason);
    /// Ends the worker of a call that cannot go on; `process` gets what the script left.
    [[nodiscard]] Error end_after(WorkerProcess& worker, const CallEnded& ended,
                                  const std::string& script, SteadyTime start,
                                  ProcessOutput& process);

    [[nodiscard]] Analysis analysis_of(const Script& script);

    const WorkerSettings settings;
    EventSink& events;
    ZygoteCommand command;

    std::mutex mutex;  ///< Guards what follows, for a few lines of bookkeeping.
    std::size_t free_permits;
    std::list<Waiter*> waiters;                        ///< In the order they came.
    std::vector<std::unique_ptr<WorkerProcess>> idle;  ///< Last used last, and taken first.

    ScriptBook scripts{kMaxScripts};

    std::mutex zygote_mutex;
    std::shared_ptr<Zygote> zygote;
};

void WorkerPool::Impl::acquire_permit(const std::string& script, const Deadline& deadline,
                                      const std::stop_token& stop) {
    const SteadyTime start = Clock::now();
    {
        const std::lock_guard lock(mutex);
        if (free_permits > 0) {  // Then nobody waits: release_permit() serves waiters first.
            --free_permits;
            return;
        }
    }
    Waiter waiter(stop);
    {
        const std::lock_guard lock(mutex);
        if (free_permits > 0) {
            --free_permits;
            return;
        }
        waiters.push_back(&waiter);
    }
    static_cast<void>(io::await_readable(waiter.wakeup.fd(), deadline));
    Counts counts;
    {
        const std::lock_guard lock(mutex);
        if (waiter.granted) return;
        counts = {settings.max_workers - free_permits, waiters.size()};
        waiters.remove(&waiter);  // before anything that needs memory: it is on this stack
    }
    if (stop.stop_requested()) {
        throw cancelled(script);
    }
    throw Error(ErrorCode::ResourceTimeout,
                fmt::format("python script '{}': no free worker within {} ms "
                            "(workers={} busy={} waiting={})",
                            script, millis_since(start), settings.max_workers, counts.busy,
                            counts.waiting));
}

void WorkerPool::Impl::release_permit() {
    const std::lock_guard lock(mutex);
    if (waiters.empty()) {
        ++free_permits;
        return;
    }
    Waiter* const next = waiters.front();
    waiters.pop_front();
    next->granted = true;
    next->wakeup.notify();  // Under the lock: afterwards the waiter may be gone.
}

std::unique_ptr<WorkerProcess> WorkerPool::Impl::take_worker(const std::string& script,
                                                             const Patience& patience) {
    for (;;) {
        std::unique_ptr<WorkerProcess> worker;
        {
            const std::lock_guard lock(mutex);
            if (idle.empty()) break;
            worker = std::move(idle.back());
            idle.pop_back();
        }
        if (worker->is_alive()) return worker;
        end(*worker, "it ended while idle");
    }
    return start_worker(script, patience);
}

std::unique_ptr<WorkerProcess> WorkerPool::Impl::start_worker(const std::string& script,
                                                              const Patience& patience) {
    const SteadyTime start = Clock::now();
    try {
        // A zygote that dies right now is replaced once; one that keeps dying is an error.
        for (int attempt = 0; attempt < 2; ++attempt) {
            auto worker = WorkerProcess::start(living_zygote(), patience);
            if (worker == nullptr) continue;
            events.emit(WorkerEvent{true, worker->pid(), "python worker"});
            return worker;
        }
    } catch (const CallEnded& ended) {
        if (ended.why == CallEnded::Why::Stopped) throw cancelled(script);
        throw Error(ErrorCode::ResourceTimeout,
                    fmt::format("python script '{}': no worker was ready within {} ms", script,
                                millis_since(start)));
    }
    throw Error(ErrorCode::WorkerCrashed, "the process that starts python workers keeps ending");
}

std::shared_ptr<Zygote> WorkerPool::Impl::living_zygote() {
    const std::lock_guard lock(zygote_mutex);
    if (zygote != nullptr && !zygote->is_alive()) {
        events.emit(WorkerEvent{false, zygote->pid(), "python zygote " + zygote->end_text()});
        zygote = nullptr;
    } else if (zygote != nullptr && zygote->is_useless()) {
        events.emit(Notice{LogLevel::Warning, "worker",
                           "the process that starts python workers cannot go on and is replaced"});
        zygote = nullptr;  // its workers hold it
    }
    if (zygote == nullptr) {
        zygote = std::make_shared<Zygote>(command);
        events.emit(WorkerEvent{true, zygote->pid(), "python zygote"});
    }
    return zygote;
}

void WorkerPool::Impl::keep(std::unique_ptr<WorkerProcess> worker) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(worker));
}

std::optional<int> WorkerPool::Impl::end(WorkerProcess& worker, const std::string& reason) {
    const auto status = worker.end();
    events.emit(WorkerEvent{false, worker.pid(), reason});
    return status;
}

Error WorkerPool::Impl::end_after(WorkerProcess& worker, const CallEnded& ended,
                                  const std::string& script, SteadyTime start,
                                  ProcessOutput& process) {
    const std::int64_t millis = millis_since(start);  // Killing takes time of its own.
    const auto end_worker = [&](const char* reason) {
        const auto status = end(worker, reason);
        process = {worker.take_stdout().finish(), worker.take_stderr().finish(),
                   shell_status(status)};
        return status;
    };
    switch (ended.why) {
        case CallEnded::Why::Stopped:
            end_worker("the call was cancelled");
            return cancelled(script);
        case CallEnded::Why::Deadline:
            end_worker("the call reached its deadline");
            return {ErrorCode::ResourceTimeout,
                    fmt::format("python script '{}' did not finish within {} ms", script, millis)};
        case CallEnded::Why::Died:
            break;
    }
    const auto status = end_worker("it died");
    const Death death = describe_death(status, status ? "" : worker.zygote_end());
    return {ErrorCode::WorkerCrashed,
            fmt::format("python script '{}': {}", script, death.text),
            {.hint = death.hint, .context = process.standard_error}};
}

CallResult WorkerPool::Impl::call(Loan& loan, const Call& call, CallHost& host) {
    auto& worker = loan.worker;
    std::optional<Answer> answer;
    try {
        const std::int64_t number = scripts.number_of(*call.script);
        answer = converse(*worker, settings, call, number, host, loan.patience);
    } catch (const CallEnded& ended) {
        ProcessOutput process;
        Error error = end_after(*worker, ended, call.script->name, loan.start, process);
        host.script_failed(std::move(process));
        throw std::move(error);
    } catch (...) {
        end(*worker, "its call failed outside of python");
        throw;
    }
    if (answer->retire_reason) {
        end(*worker, *answer->retire_reason);
    } else {
        keep(std::move(worker));
    }
    if (auto* error = std::get_if<Error>(&answer->outcome)) throw std::move(*error);
    return std::get<CallResult>(std::move(answer->outcome));
}

Analysis WorkerPool::Impl::analysis_of(const Script& script) {
    if (auto known = scripts.analysis_of(script)) return *std::move(known);
    Loan loan(*this, script.name, Deadline::after(kCheckPatience), {});
    auto& worker = loan.worker;
    Analysis analysis;
    try {
        analysis = analyse(*worker, script, loan.patience);
    } catch (const CallEnded& ended) {
        ProcessOutput process;
        throw end_after(*worker, ended, script.name, loan.start, process);
    } catch (...) {
        end(*worker, "its answer could not be read");
        throw;
    }
    keep(std::move(worker));
    // The place of an issue is that of this script; an equal one may stand elsewhere.
    if (!analysis.issue) scripts.keep(script, analysis);
    return analysis;
}

WorkerPool::WorkerPool(WorkerSettings settings, EventSink& events)
    : impl_(std::make_unique<Impl>(std::move(settings), events)) {}

WorkerPool::~WorkerPool() = default;

CallResult WorkerPool::call(const Call& call, CallHost& host, Deadline deadline,
                            std::stop_token stop) {
    const std::string& script = call.script->name;
    Impl::Loan loan(*impl_, script, deadline, stop);
    return measured(impl_->events, Measurement::Kind::WorkerCall, script,
                    [&] { return impl_->call(loan, call, host); });
}

std::optional<ScriptIssue> WorkerPool::check(const Script& script) {
    return impl_->analysis_of(script).issue;
}

std::vector<std::string> WorkerPool::literal_gets(const Script& script) {
    return impl_->analysis_of(script).literal_gets;
}

void WorkerPool::warm_up() {
    Impl::Loan loan(*impl_, "warm-up", Deadline::after(kCheckPatience), {});
    impl_->keep(std::move(loan.worker));
}

}  // namespace kdeps::worker
