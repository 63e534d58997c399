#include "api_handler.hpp"

#include <algorithm>
#include <exception>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kdeps/base/json.hpp"
#include "kdeps/base/measure.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/io/task_threads.hpp"

#include "answer_head.hpp"
#include "request_builder.hpp"
#include "request_id.hpp"

namespace kdeps::server {
namespace {

/// Kept when it can do no harm in logs and headers, else a fresh one.
std::string request_id_of(const RequestHead& head) {
    const auto given = head.find("x-request-id");
    if (given && is_request_id(*given)) return std::string(*given);
    return new_request_id();
}

PublicError plain_error(ErrorCode code, const std::string& message) {
    return public_error(Error(code, message), false);
}

/// What the route says of a failed statement: by its SQLSTATE before what it is called on every
/// database, by a whole code before a class.
void override_status(const workflow::Route& route, ErrorDetail& detail) {
    if (route.errors.empty() || detail.sqlstate.empty()) return;
    const std::string common = detail.refusal == kdeps::Refusal::None
                                   ? ""
                                   : std::string(refusal_info(detail.refusal).sqlstate);
    for (const std::string& state :
         {detail.sqlstate, common, detail.sqlstate.substr(0, 2), common.substr(0, 2)}) {
        if (const auto found = route.errors.find(state); found != route.errors.end()) {
            detail.http_status = found->second;
            return;
        }
    }
}

}  // namespace

ApiHandler::ApiHandler(const ServerSettings& settings, engine::Runner& runner, EventSink& events,
                       std::vector<const StatusSource*> status_sources)
    : settings_(settings),
      runner_(runner),
      events_(events),
      status_sources_(std::move(status_sources)),
      hosts_(settings_.api),
      cors_(settings_.api.cors),
      router_(settings_.api.routes) {
    if (const auto error = workflow::exposure_error(settings_.api)) throw Error(*error);
}

const std::vector<ApiHandler::ManagementRoute>& ApiHandler::management_routes() {
    using enum ManagementRoute::Readers;
    static const std::vector<ManagementRoute> routes{
        {"/health", {"GET", "HEAD", "OPTIONS"}, Everybody, &ApiHandler::health},
    };
    return routes;
}

const ApiHandler::ManagementRoute* ApiHandler::find_management(std::string_view path) const {
    for (const ManagementRoute& route : management_routes()) {
        if (route.path != path) continue;
        const auto& own = settings_.api.routes;
        const bool is_replaced = std::any_of(own.begin(), own.end(),
                                             [&](const auto& each) { return each.path == path; });
        return is_replaced ? nullptr : &route;
    }
    return nullptr;
}

bool ApiHandler::may_read(const Incoming& incoming, ManagementRoute::Readers readers) const {
    const std::string& token = settings_.api.auth_token;
    return readers == ManagementRoute::Readers::Everybody || token.empty() ||
           is_authorised(incoming.head, token);
}

Answer ApiHandler::handle(const Incoming& incoming) const noexcept {
    try {
        std::string id = request_id_of(incoming.head);
        const EnvelopeContext context{.request_id = id,
                                      .path = incoming.head.path,
                                      .method = incoming.head.method,
                                      .timestamp = std::chrono::system_clock::now()};
        Answer answer = this->answer(incoming, context);
        report(incoming, id, answer);
        if (!answer.is_abandoned) add_common_headers(incoming, std::move(id), answer);
        return answer;
    } catch (const std::exception&) {  // out of memory: a bare answer is all that is left
        Answer answer;
        answer.status = 500;
        return answer;
    }
}

Answer ApiHandler::answer(const Incoming& incoming, const EnvelopeContext& context) const {
    try {
        return dispatch(incoming, context);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::Cancelled && !incoming.drain.stop_requested() &&
            incoming.stop.stop_requested()) {
            Answer abandoned;
            abandoned.status = 499;  // only for the log: nobody reads it
            abandoned.error_code = error_name(error.code());
            abandoned.failed_resource = error.detail().resource;
            abandoned.is_abandoned = true;
            return abandoned;
        }
        if (error.code() == ErrorCode::RunTimeout) {
            Stopwatch(events_, incoming.received_at)
                .stop({.kind = Measurement::Kind::Refusal,
                       .name = "run",
                       .error = error_name(error.code())});
        }
        return failure(error, context);
    } catch (const std::exception& error) {
        return failure(Error(ErrorCode::Internal, error.what()), context);
    }
}

Answer ApiHandler::dispatch(const Incoming& incoming, const EnvelopeContext& context) const {
    const RequestHead& head = incoming.head;
    if (incoming.refusal) {
        return error_answer(PublicError{incoming.refusal->status, incoming.refusal->code,
                                        incoming.refusal->message},
                            context);
    }
    if (!hosts_.allows(head)) {
        return error_answer(plain_error(ErrorCode::MisdirectedRequest,
                                        fmt::format("host '{}' is not served here", head.host)),
                            context);
    }
    if (cors_.is_preflight(head)) {
        Answer answer;
        answer.status = 204;
        cors_.add_preflight_headers(head, answer);
        return answer;
    }
    const bool is_read = head.method == "GET" || head.method == "HEAD";
    const ManagementRoute* const management = find_management(head.path);
    if (management != nullptr && is_read) {
        if (!may_read(incoming, management->readers)) return refuse_unauthorised(context);
        return (this->*management->handle)(incoming);
    }
    if (incoming.is_overloaded && incoming.lacks_threads) throw io::no_thread();
    if (incoming.is_overloaded) {
        throw Error(ErrorCode::ServiceUnavailable,
                    fmt::format("{} requests are running already", settings_.api.max_concurrent));
    }
    RouteMatch match = router_.match(head.method, head.path);
    if (management != nullptr && match.allow.empty()) match.allow = management->methods;
    const bool is_options = head.method == "OPTIONS" && match.route == nullptr;
    const bool is_public = match.route != nullptr && match.route->is_public;
    const std::string& token = settings_.api.auth_token;
    if (!token.empty() && !is_public && !is_options && !is_authorised(head, token)) {
        return refuse_unauthorised(context);
    }
    if (is_options) return answer_options(incoming, match, context);
    return run(incoming, std::move(match), context);
}

Answer ApiHandler::refuse_unauthorised(const EnvelopeContext& context) const {
    Answer answer =
        error_answer(plain_error(ErrorCode::Unauthorized, "a valid token is required"), context);
    set_header(answer, "WWW-Authenticate", "Bearer");
    return answer;
}

Answer ApiHandler::answer_options(const Incoming& incoming, const RouteMatch& match,
                                  const EnvelopeContext& context) const {
    Answer answer;
    answer.status = 204;
    if (incoming.head.path == "*") return answer;
    if (match.allow.empty()) {
        return error_answer(plain_error(ErrorCode::NotFound, "there is no such route"), context);
    }
    set_header(answer, "Allow", fmt::format("{}", fmt::join(match.allow, ", ")));
    return answer;
}

Answer ApiHandler::run(const Incoming& incoming, RouteMatch match,
                       const EnvelopeContext& context) const {
    if (match.route == nullptr) {
        if (match.allow.empty()) {
            return error_answer(plain_error(ErrorCode::NotFound, "there is no such route"),
                                context);
        }
        Answer answer = error_answer(
            plain_error(ErrorCode::MethodNotAllowed,
                        fmt::format("method {} is not allowed here", incoming.head.method)),
            context);
        set_header(answer, "Allow", fmt::format("{}", fmt::join(match.allow, ", ")));
        return answer;
    }
    const auto timeout = match.route->timeout.value_or(settings_.run_timeout);
    engine::Request request =
        build_request(incoming, std::string(context.request_id), std::move(match.parameters));
    request.target = match.route->target;
    request.tells_refusals = match.route->target_span || !match.route->errors.empty();
    try {
        const engine::RunResult result = runner_.run(
            std::move(request), Deadline::after(timeout, incoming.received_at), incoming.stop);
        return success_answer(result, context);
    } catch (Error& error) {
        override_status(*match.route, error.detail());
        throw;
    }
}

Answer ApiHandler::failure(const Error& error, const EnvelopeContext& context) const {
    // The engine has reported what failed inside a resource; the rest would be seen nowhere.
    if (error.detail().resource.empty() && public_error(error, false).status >= 500) {
        events_.emit(ResourceFailed{.request_id = std::string(context.request_id),
                                    .resource = {},
                                    .code = std::string(error_name(error.code())),
                                    .text = render(error)});
    }
    return error_answer(error, context, settings_.debug);
}

Answer ApiHandler::health(const Incoming& incoming) const {
    Object document;
    const bool is_stopping = incoming.drain.stop_requested();
    document.set("status", is_stopping ? "stopping" : "ok");
    document.set("workflow", Object{{"name", settings_.workflow_name},
                                    {"version", settings_.workflow_version}});
    // A proxy on this machine makes every client look local.
    const bool is_forwarded =
        incoming.head.find("x-forwarded-for") || incoming.head.find("forwarded");
    if (settings_.debug || (incoming.is_remote_loopback && !is_forwarded)) {
        Object connections;
        for (const StatusSource* const source : status_sources_) {
            connections.set(source->status_name(), source->status());
        }
        document.set("connections", std::move(connections));
    }
    Answer answer;
    if (is_stopping) answer.status = 503;
    write_json(Value(std::move(document)), std::get<std::string>(answer.body));
    set_header(answer, "Content-Type", "application/json");
    return answer;
}

void ApiHandler::add_common_headers(const Incoming& incoming, std::string request_id,
                                    Answer& answer) const {
    const auto add_default = [&](std::string_view name, std::string_view value) {
        const bool is_set = std::any_of(
            answer.headers.begin(), answer.headers.end(),
            [&](const auto& header) { return equals_ignoring_case(header.first, name); });
        if (!is_set) answer.headers.emplace_back(name, value);
    };
    add_default("X-Content-Type-Options", "nosniff");
    add_default("X-Frame-Options", "DENY");
    add_default("Referrer-Policy", "no-referrer");
    add_default("Cache-Control", "no-store");
    set_header(answer, "X-Request-ID", std::move(request_id));
    cors_.add_headers(incoming.head, answer);
}

void ApiHandler::report(const Incoming& incoming, std::string_view request_id,
                        const Answer& answer) const {
    if (!events_.wants(LogLevel::Info)) return;
    using std::chrono::microseconds;
    const auto span = std::chrono::steady_clock::now() - incoming.received_at;
    events_.emit(RequestFinished{.request_id = std::string(request_id),
                                 .method = std::string(incoming.head.method),
                                 .path = std::string(incoming.head.path),
                                 .status = answer.status,
                                 .duration = std::chrono::duration_cast<microseconds>(span),
                                 .resource = answer.failed_resource,
                                 .code = answer.error_code});
}

}  // namespace kdeps::server
