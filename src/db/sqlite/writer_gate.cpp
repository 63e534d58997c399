#include "writer_gate.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "kdeps/base/error.hpp"

namespace kdeps::db {

std::shared_ptr<WriterGate> WriterGate::of_file(const std::string& path) {
    static std::mutex mutex;
    static std::map<std::pair<dev_t, ino_t>, std::weak_ptr<WriterGate>> gates;

    struct stat file {};
    if (stat(path.c_str(), &file) != 0) return nullptr;
    const std::lock_guard lock(mutex);
    std::erase_if(gates, [](const auto& entry) { return entry.second.expired(); });
    auto& known = gates[{file.st_dev, file.st_ino}];
    auto gate = known.lock();
    if (!gate) known = gate = std::make_shared<WriterGate>();
    return gate;
}

std::shared_ptr<void> WriterGate::enter(Deadline deadline, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto place = queue_.insert(queue_.end(), 0);
    const auto is_first = [&] { return queue_.begin() == place; };
    const bool entered = deadline.is_never()
                             ? changed_.wait(lock, stop, is_first)
                             : changed_.wait_until(lock, stop, deadline.time(), is_first);
    if (!entered) {
        queue_.erase(place);
        changed_.notify_all();
        if (stop.stop_requested()) {
            throw Error(ErrorCode::Cancelled, "stopped while waiting to write",
                        {.outcome = Outcome::NotDone});
        }
        throw Error(ErrorCode::ResourceTimeout, "another writer held the file until the deadline",
                    {.outcome = Outcome::NotDone});
    }
    lock.unlock();
    // The token's owner may outlive every other owner of this gate.
    return {this, [self = shared_from_this()](WriterGate* gate) { gate->leave(); }};
}

std::size_t WriterGate::waiting() const {
    const std::lock_guard lock(mutex_);
    return queue_.empty() ? 0 : queue_.size() - 1;
}

void WriterGate::leave() {
    const std::lock_guard lock(mutex_);
    queue_.pop_front();
    changed_.notify_all();
}

}  // namespace kdeps::db
