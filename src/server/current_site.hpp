#pragma once

#include <memory>
#include <mutex>

#include "kdeps/server/server.hpp"

#include "api_handler.hpp"

namespace kdeps::server {

/// The site that is served now. A request keeps the one that it began with.
///
/// Threads: safe to share.
class CurrentSite final : public Handler {
 public:
    /// Errors: those of ApiHandler.
    CurrentSite(const Site& site, EventSink& events) : events_(events) { replace(site); }

    /// Errors: those of ApiHandler; nothing has changed then.
    void replace(const Site& site);
    [[nodiscard]] Answer handle(const Incoming& incoming) const noexcept override;

 private:
    struct Entry {
        Entry(const Site& site, EventSink& events)
            : runner(site.runner), handler(site.settings, *runner, events, site.status_sources) {}

        const std::shared_ptr<engine::Runner> runner;
        const ApiHandler handler;
    };

    [[nodiscard]] std::shared_ptr<const Entry> entry() const;

    EventSink& events_;
    mutable std::mutex mutex_;  ///< Guards the pointer: for as long as it is copied.
    std::shared_ptr<const Entry> entry_;
};

}  // namespace kdeps::server
