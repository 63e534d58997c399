#pragma once

#include "kdeps/server/server.hpp"

#include "current_site.hpp"
#include "epoll_front.hpp"
#include "front_settings.hpp"
#include "http_adapter.hpp"

namespace kdeps::server {

/// What Server hides; tests build it with shorter timeouts.
class ServerCore {
 public:
    ServerCore(const Site& site, const FrontSettings& front, EventSink& events);

    void start();
    /// Instead of start(): nobody is listened for; `client` is a connected socket.
    void serve_only(io::Descriptor client);
    std::vector<std::string> replace(Site site);
    [[nodiscard]] int port() const { return port_; }
    void request_stop() { front_.request_stop(); }
    void wait() { front_.wait(); }
    [[nodiscard]] std::size_t worker_count() const { return front_.worker_count(); }

 private:
    const workflow::ApiServerSettings started_;  ///< Its address and limits are those served.
    const int backlog_;
    int port_ = 0;
    CurrentSite site_;
    HttpAdapter adapter_;
    EpollFront front_;
};

/// The front's settings that a workflow decides.
[[nodiscard]] FrontSettings front_settings(const ServerSettings& settings,
                                           FrontSettings front = {});

}  // namespace kdeps::server
