#pragma once

#include "kdeps/base/clock.hpp"
#include "kdeps/io/wakeup.hpp"

namespace kdeps::worker {

/// Thrown inside this module when a conversation with a worker, or the wait for one, cannot go on.
struct CallEnded {
    enum class Why { Deadline, Stopped, Died };
    Why why;
};

/// How long to wait, and whom to hear meanwhile.
struct Patience {
    Deadline deadline;
    const io::Wakeup* wakeup;  ///< Null if nobody can stop the call.

    [[nodiscard]] int wake_fd() const { return wakeup == nullptr ? -1 : wakeup->fd(); }
};

}  // namespace kdeps::worker
