#include "kdeps/server/server.hpp"

#include "server_core.hpp"

namespace kdeps::server {

FrontSettings front_settings(const ServerSettings& settings, FrontSettings front) {
    front.limits.body_bytes = settings.api.max_body_bytes;
    front.max_workers = settings.api.max_concurrent;
    front.drain_timeout = settings.drain_timeout;
    return front;
}

ServerCore::ServerCore(const Site& site, const FrontSettings& front, EventSink& events)
    : host_(site.settings.api.host),
      wanted_port_(site.settings.api.port),
      backlog_(front.backlog),
      site_(site, events),
      adapter_(site_),
      front_(front, adapter_, events) {}

void ServerCore::start() {
    Listeners listeners = open_listeners(host_, wanted_port_, backlog_);
    port_ = listeners.port;
    front_.start(std::move(listeners));
}

void ServerCore::serve_only(io::Descriptor client) {
    front_.adopt(std::move(client));
    front_.start({});
}

struct Server::Impl {
    ServerCore core;
};

Server::Server(Site site, EventSink& events)
    : impl_(new Impl{ServerCore(site, front_settings(site.settings), events)}) {}

Server::~Server() = default;

void Server::start() {
    impl_->core.start();
}

int Server::port() const {
    return impl_->core.port();
}

void Server::replace(Site site) {
    impl_->core.replace(std::move(site));
}

void Server::request_stop() {
    impl_->core.request_stop();
}

void Server::wait() {
    impl_->core.wait();
}

}  // namespace kdeps::server
