#pragma once

#include <functional>
#include <memory>

#include "kdeps/base/clock.hpp"
#include "kdeps/io/task_threads.hpp"

namespace kdeps::io {

/// Makes calls that last as long as a server likes, and lets their callers stop waiting.
///
/// Some calls of client libraries have no limit and nothing wakes them, such as PQcancel and the
/// connect of mysql-connector-c++: they run on other threads, and whoever has stopped waiting
/// leaves them behind. A process that exits beside such a call does so without destroying its
/// static objects.
///
/// Threads: safe to share.
class AbandonableCalls {
 public:
    AbandonableCalls();

    /// Makes `call`, which must not throw, on a thread of its own, and waits for its end until
    /// `limit` or abandon(). True: it has ended, or was not even begun because of abandon(). False:
    /// it goes on alone, for which it REQUIRES to own all that it touches.
    ///
    /// Errors: as for start_thread(); nothing was called then.
    [[nodiscard]] bool run(std::function<void()> call, Deadline limit);
    /// The same on a thread of `threads`, where it may have to wait its turn.
    [[nodiscard]] bool run(TaskThreads& threads, std::function<void()> call, Deadline limit);
    /// Ends the waiting of all callers, now and from now on. Does not block.
    void abandon() noexcept;

 private:
    struct State;
    struct Call;
    [[nodiscard]] bool wait_for(Call& call, Deadline limit);

    std::shared_ptr<State> state_;  ///< Shared with the calls left behind.
};

}  // namespace kdeps::io
