#pragma once

#include <string>
#include <vector>

#include "kdeps/base/event.hpp"
#include "kdeps/engine/runner.hpp"
#include "kdeps/server/server.hpp"

#include "access.hpp"
#include "cors.hpp"
#include "envelope.hpp"
#include "exchange.hpp"
#include "router.hpp"

namespace kdeps::server {

/// Answers one request: checks the host, CORS, token and route, runs the workflow, and puts the
/// outcome into an envelope. Knows nothing of sockets.
///
/// Threads: safe to call from several threads at once.
class ApiHandler final : public Handler {
 public:
    /// Errors: Error(InvalidValue) when the settings are unsafe, see exposure_error().
    ApiHandler(const ServerSettings& settings, engine::Runner& runner, EventSink& events,
               std::vector<const StatusSource*> status_sources);

    [[nodiscard]] Answer handle(const Incoming& incoming) const noexcept override;

 private:
    [[nodiscard]] Answer answer(const Incoming& incoming, const EnvelopeContext& context) const;
    [[nodiscard]] Answer dispatch(const Incoming& incoming, const EnvelopeContext& context) const;
    [[nodiscard]] Answer answer_options(const Incoming& incoming, const RouteMatch& match,
                                        const EnvelopeContext& context) const;
    [[nodiscard]] Answer run(const Incoming& incoming, RouteMatch match,
                             const EnvelopeContext& context) const;
    [[nodiscard]] Answer failure(const Error& error, const EnvelopeContext& context) const;
    [[nodiscard]] Answer health(const Incoming& incoming) const;
    void add_common_headers(const Incoming& incoming, std::string_view request_id,
                            Answer& answer) const;
    void report(const Incoming& incoming, std::string_view request_id, const Answer& answer) const;

    const ServerSettings settings_;
    engine::Runner& runner_;
    EventSink& events_;
    const std::vector<const StatusSource*> status_sources_;
    const HostPolicy hosts_;
    const Cors cors_;
    const Router router_;
    bool has_own_health_route_ = false;
};

}  // namespace kdeps::server
