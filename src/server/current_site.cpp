#include "current_site.hpp"

namespace kdeps::server {

void CurrentSite::replace(const Site& site) {
    // The old one may be closed by this call, so after the lock is released.
    auto entry = std::make_shared<const Entry>(site, events_);
    const std::lock_guard lock(mutex_);
    entry_.swap(entry);
}

std::shared_ptr<const CurrentSite::Entry> CurrentSite::entry() const {
    const std::lock_guard lock(mutex_);
    return entry_;
}

Answer CurrentSite::handle(const Incoming& incoming) const noexcept {
    std::shared_ptr<const Entry> entry = this->entry();
    Answer answer = entry->handler.handle(incoming);
    answer.site = std::move(entry);
    return answer;
}

}  // namespace kdeps::server
