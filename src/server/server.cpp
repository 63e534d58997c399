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
    : started_(site.settings.api),
      backlog_(front.backlog),
      site_(site, events),
      adapter_(site_),
      front_(front, adapter_, events) {}

void ServerCore::start() {
    Listeners listeners = open_listeners(started_.host, started_.port, backlog_);
    port_ = listeners.port;
    front_.start(std::move(listeners));
}

void ServerCore::serve_only(io::Descriptor client) {
    front_.adopt(std::move(client));
    front_.start({});
}

std::vector<std::string> ServerCore::replace(Site site) {
    std::vector<std::string> kept;
    const auto keep = [&](const char* name, auto& wanted, const auto& started) {
        if (wanted == started) return;
        kept.emplace_back(name);
        wanted = started;  // so whether a route is safe to serve is asked for the real address
    };
    workflow::ApiServerSettings& api = site.settings.api;
    keep("hostIp", api.host, started_.host);
    keep("portNum", api.port, started_.port);
    keep("maxBodyBytes", api.max_body_bytes, started_.max_body_bytes);
    keep("maxConcurrent", api.max_concurrent, started_.max_concurrent);
    site_.replace(site);
    return kept;
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

std::vector<std::string> Server::replace(Site site) {
    return impl_->core.replace(std::move(site));
}

void Server::request_stop() {
    impl_->core.request_stop();
}

void Server::wait() {
    impl_->core.wait();
}

}  // namespace kdeps::server
