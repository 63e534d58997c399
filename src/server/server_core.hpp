#pragma once

#include <vector>

#include "kdeps/server/server.hpp"

#include "api_handler.hpp"
#include "epoll_front.hpp"
#include "front_settings.hpp"
#include "http_adapter.hpp"

namespace kdeps::server {

/// What Server hides; tests build it with shorter timeouts.
class ServerCore {
 public:
    ServerCore(const ServerSettings& settings, const FrontSettings& front, engine::Runner& runner,
               EventSink& events, std::vector<const StatusSource*> status_sources);

    void start();
    [[nodiscard]] int port() const { return port_; }
    void request_stop() { front_.request_stop(); }
    void wait() { front_.wait(); }
    [[nodiscard]] std::size_t worker_count() const { return front_.worker_count(); }

 private:
    const std::string host_;
    const int wanted_port_;
    const int backlog_;
    int port_ = 0;
    ApiHandler handler_;
    HttpAdapter adapter_;
    EpollFront front_;
};

/// The front's settings that a workflow decides.
[[nodiscard]] FrontSettings front_settings(const ServerSettings& settings,
                                           FrontSettings front = {});

}  // namespace kdeps::server
