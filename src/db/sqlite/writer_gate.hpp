#pragma once

#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "kdeps/base/clock.hpp"

namespace kdeps::db {

/// Lets one writer at a time into a database file, first come, first served. SQLite itself lets
/// writers poll for the lock, which starves some of them.
///
/// Threads: safe to share.
class WriterGate : public std::enable_shared_from_this<WriterGate> {
 public:
    /// The gate of a file, whatever names and links lead to it (device and inode decide); null if
    /// there is no such file.
    [[nodiscard]] static std::shared_ptr<WriterGate> of_file(const std::string& path);

    /// Waits for its turn. The gate opens to the next one when the last copy of the token ends.
    ///
    /// Errors: ResourceTimeout at the deadline, Cancelled once stop is requested.
    [[nodiscard]] std::shared_ptr<void> enter(Deadline deadline, const std::stop_token& stop);
    [[nodiscard]] std::size_t waiting() const;  ///< Those inside not counted.

 private:
    void leave();

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::list<int> queue_;  ///< The first one is inside; each waits for its own place.
};

}  // namespace kdeps::db
