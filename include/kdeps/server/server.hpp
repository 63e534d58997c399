#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/engine/runner.hpp"
#include "kdeps/workflow/settings.hpp"

namespace kdeps::server {

struct ServerSettings {
    workflow::ApiServerSettings api;
    std::string workflow_name;
    std::string workflow_version;
    std::chrono::milliseconds run_timeout{60'000};  ///< Default deadline of a run.
    std::chrono::milliseconds drain_timeout{10'000};
    bool debug = false;  ///< Error answers carry the cause; never on beyond loopback by default.
};

/// What is served: all that another load may change. It may be replaced while requests run; each
/// keeps the one it began with, and with it its runner, which owns the status sources.
struct Site {
    ServerSettings settings;
    std::shared_ptr<engine::Runner> runner;
    std::vector<const StatusSource*> status_sources = {};
};

/// Serves a site over HTTP until it is told to stop.
///
/// Threads: start() and wait() from one thread; replace() and request_stop() from any, also a
///          signal watcher.
class Server {
 public:
    /// Errors: InvalidValue when the host is no address, and when other machines could reach a
    ///         route that asks for no token (neither `auth_token` nor `is_public`).
    Server(Site site, EventSink& events);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds, listens and starts the threads; requests are answered once it returns.
    ///
    /// Errors: AddressInUse; InvalidValue when the address cannot be bound.
    void start();
    [[nodiscard]] int port() const;  ///< The bound port, also when 0 was asked for.
    /// Serves another site from the next request on. Host, port and the limits of the front stay;
    /// gives the settings of which the site would have other ones, by their names in YAML.
    ///
    /// Errors: InvalidValue as for the constructor; the old site is then served on.
    std::vector<std::string> replace(Site site);
    /// Stops accepting, closes idle connections, lets running requests finish for `drain_timeout`,
    /// then requests their stop tokens, and closes what is left 3 s later.
    void request_stop();
    /// Returns once every connection and run has ended. A run that ignores its stop token is
    /// waited for, since it uses the Runner.
    void wait();

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kdeps::server
