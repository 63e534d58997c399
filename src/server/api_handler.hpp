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
    /// What the server answers itself, also while it is overloaded; a route of the workflow with
    /// the same path replaces it.
    struct ManagementRoute {
        enum class Readers { Everybody, WithToken };

        std::string_view path;
        std::vector<std::string> methods;  ///< As in Allow.
        Readers readers;
        Answer (ApiHandler::*handle)(const Incoming& incoming) const;
    };
    static const std::vector<ManagementRoute>& management_routes();

    [[nodiscard]] const ManagementRoute* find_management(std::string_view path) const;
    [[nodiscard]] bool may_read(const Incoming& incoming, ManagementRoute::Readers readers) const;
    [[nodiscard]] Answer answer(const Incoming& incoming, const EnvelopeContext& context) const;
    [[nodiscard]] Answer dispatch(const Incoming& incoming, const EnvelopeContext& context) const;
    [[nodiscard]] Answer refuse_unauthorised(const EnvelopeContext& context) const;
    [[nodiscard]] Answer answer_options(const Incoming& incoming, const RouteMatch& match,
                                        const EnvelopeContext& context) const;
    [[nodiscard]] Answer run(const Incoming& incoming, RouteMatch match,
                             const EnvelopeContext& context) const;
    [[nodiscard]] Answer failure(const Error& error, const EnvelopeContext& context) const;
    [[nodiscard]] Answer health(const Incoming& incoming) const;
    void add_common_headers(const Incoming& incoming, std::string request_id, Answer& answer) const;
    void report(const Incoming& incoming, std::string_view request_id, const Answer& answer) const;

    const ServerSettings settings_;
    engine::Runner& runner_;
    EventSink& events_;
    const std::vector<const StatusSource*> status_sources_;
    const HostPolicy hosts_;
    const Cors cors_;
    const Router router_;
};

}  // namespace kdeps::server
