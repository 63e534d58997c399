#include "kdeps/server/server.hpp"

#include "server_core.hpp"

namespace kdeps::server {

FrontSettings front_settings(const ServerSettings& settings, FrontSettings front) {
    front.limits.body_bytes = settings.api.max_body_bytes;
    front.max_workers = settings.api.max_concurrent;
    front.drain_timeout = settings.drain_timeout;
    return front;
}

ServerCore::ServerCore(const ServerSettings& settings, const FrontSettings& front,
                       engine::Runner& runner, EventSink& events,
                       std::vector<const StatusSource*> status_sources)
    : host_(settings.api.host),
      wanted_port_(settings.api.port),
      backlog_(front.backlog),
      handler_(settings, runner, events, std::move(status_sources)),
      adapter_(handler_),
      front_(front, adapter_, events) {}

void ServerCore::start() {
    Listeners listeners = open_listeners(host_, wanted_port_, backlog_);
    port_ = listeners.port;
    front_.start(std::move(listeners));
}

struct Server::Impl {
    ServerCore core;
};

Server::Server(ServerSettings settings, engine::Runner& runner, EventSink& events,
               std::vector<const StatusSource*> status_sources)
    : impl_(new Impl{ServerCore(settings, front_settings(settings), runner, events,
                                std::move(status_sources))}) {}

Server::~Server() = default;

void Server::start() {
    impl_->core.start();
}

int Server::port() const {
    return impl_->core.port();
}

void Server::request_stop() {
    impl_->core.request_stop();
}

void Server::wait() {
    impl_->core.wait();
}

}  // namespace kdeps::server
