#include "resource_runner.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "kdeps/base/text.hpp"

namespace kdeps::engine {

namespace {

bool is_skipped(const Guard& guard, RunContext& context) {
    if (!guard.admits(context.request())) return true;
    return std::any_of(guard.skip.begin(), guard.skip.end(),
                       [&](const expr::Text& skip) { return skip.evaluate_condition(context); });
}

bool is_missing(const std::optional<Value>& value) {
    if (!value || value->is_null()) return true;
    const Kind kind = value->kind();
    const bool sized = kind == Kind::String || kind == Kind::List || kind == Kind::Object;
    return sized && value->size() == 0;
}

void require_inputs(const Guard& guard, RunContext& context) {
    std::string missing;
    for (const std::string& field : guard.required) {
        // Asks for input, so a resource of the same name does not hide what the client sent.
        if (!is_missing(context.find(field)) || !is_missing(context.client_value(field))) continue;
        missing += (missing.empty() ? "" : ", ") + field;
    }
    if (missing.empty()) return;
    throw Error(ErrorCode::ValidationFailed, fmt::format("required input is missing: {}", missing));
}

/// A check that cannot be computed because something required is missing, `int(get('id')) > 0`,
/// tells what is missing.
bool holds(const expr::Text& check, const Guard& guard, RunContext& context) {
    try {
        return check.evaluate_condition(context);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::ExpressionFailed) require_inputs(guard, context);
        throw;
    }
}

void check_conditions(const Guard& guard, RunContext& context) {
    for (const expr::Text& check : guard.check) {
        if (holds(check, guard, context)) continue;
        ErrorDetail detail;
        detail.http_status = guard.error_status ? guard.error_status : std::optional(400);
        const std::string message = guard.error_message
                                        ? to_text(guard.error_message->evaluate(context))
                                        : "a check of this resource does not hold";
        throw Error(ErrorCode::PreflightFailed, message, std::move(detail));
    }
}

Deadline within(const std::optional<std::chrono::milliseconds>& timeout, Deadline whole) {
    return timeout ? Deadline::after(*timeout).earlier(whole) : whole;
}

/// One resource of one run, with what its onError needs to know.
class ResourceRun {
 public:
    ResourceRun(Run& run, graph::NodeId resource, Deadline run_deadline,
                const std::stop_token& stop, EventSink& events)
        : resource_(run.program().resources()[resource]),
          run_deadline_(run_deadline),
          stop_(stop),
          events_(events),
          context_(run, resource, run_deadline, stop) {}

    ResourceOutcome run() {
        if (is_skipped(resource_.guard, context_)) return {};
        check_conditions(resource_.guard, context_);
        require_inputs(resource_.guard, context_);
        ResourceOutcome outcome = run_attempts();
        outcome.output->facets = context_.take_facets();
        return outcome;
    }

 private:
    ResourceOutcome run_attempts() {
        const std::int64_t attempts = allowed_attempts();
        for (std::int64_t attempt = 1;; ++attempt) {
            try {
                context_.set_deadline(within(resource_.timeout, run_deadline_));
                context_.set_facets({});
                return {.output = run_body()};
            } catch (Error& error) {
                context_.set_deadline(run_deadline_);
                if (error.detail().resource.empty()) error.detail().resource = resource_.action_id;
                if (!is_handled(error)) throw;
                if (attempt < attempts && may_repeat(error)) {
                    wait_before_retry();
                    continue;
                }
                return handle(error);
            }
        }
    }

    Output run_body() {
        for (const expr::Text& text : resource_.before) (void)text.evaluate(context_);
        if (resource_.primary) {
            const Deadline whole = context_.deadline();
            context_.set_deadline(within(resource_.action_timeout, whole));
            primary_ = resource_.primary->run(context_);
            context_.set_deadline(whole);
            context_.set_own_output(&*primary_);
        }
        for (const expr::Text& text : resource_.after) (void)text.evaluate(context_);
        if (resource_.response) return resource_.response->run(context_);
        if (primary_) return std::move(*primary_);
        return {.value = Value(Object{{"status", "expressions_executed"}})};
    }

    [[nodiscard]] std::int64_t allowed_attempts() const {
        const auto& handler = resource_.on_error;
        const bool retries = handler && handler->action == ErrorHandler::Action::Retry;
        return retries ? handler->max_attempts : 1;
    }

    /// Nothing is done twice that may have been done once: neither a whole action that succeeded
    /// before `after` or the answer failed, nor the part of one that was stored.
    [[nodiscard]] bool may_repeat(const Error& error) const {
        const ErrorDetail& detail = error.detail();
        return !primary_ && detail.applied_indexes.empty() && detail.outcome != Outcome::Unknown &&
               detail.outcome != Outcome::Done;
    }

    bool is_handled(const Error& error) {
        if (!resource_.on_error || run_deadline_.is_expired() || stop_.stop_requested())
            return false;
        if (error.code() == ErrorCode::BadRequest) return false;  // the client's own mistake: 400
        const ErrorHandler& handler = *resource_.on_error;
        if (handler.when.empty()) return true;
        const WithError scope(context_, error);
        return std::any_of(handler.when.begin(), handler.when.end(), [&](const expr::Text& when) {
            try {
                return when.evaluate_condition(context_);
            } catch (const Error& failure) {
                log_failure("onError.when", failure);
                return false;  // as documented: a condition that fails does not match
            }
        });
    }

    void wait_before_retry() {
        const auto& delay = resource_.on_error->retry_delay;
        if (!delay) return;
        const std::string text = to_text(delay->evaluate(context_));
        const auto span = parse_duration(text);
        if (!span) {
            throw Error(ErrorCode::InvalidValue,
                        fmt::format("retryDelay '{}' is not a duration", text),
                        {.hint = "write for instance 500ms or 2s"});
        }
        context_.pause(*span);
    }

    ResourceOutcome handle(const Error& error) {
        const ErrorHandler& handler = *resource_.on_error;
        const WithError scope(context_, error);
        for (const expr::Text& text : handler.expressions) evaluate_quietly(text);
        const bool continues = handler.action == ErrorHandler::Action::Continue;
        if (!continues && !handler.response) throw error;
        log_handled(error);
        return {.output = substitute(error),
                .ends_run = handler.response && !continues,
                .failure = error_object(error)};
    }

    /// What the resource gives instead of its own output.
    Output substitute(const Error& error) {
        const ErrorHandler& handler = *resource_.on_error;
        if (handler.response) return with_status(handler.response->run(context_), error);
        if (handler.fallback) return {.value = handler.fallback->evaluate(context_)};
        const Value mark(Object{{"message", std::string(error.what())}, {"handled", true}});
        return {.value = Value(Object{{"_error", mark}})};
    }

    /// An answer that tells of a failure, and says no status, has that of what the client did
    /// wrong.
    static Output with_status(Output output, const Error& error) {
        if (output.response == nullptr || !error.detail().http_status) return output;
        if (output.response->success || output.response->status_code) return output;
        ApiResponse response = *output.response;
        response.status_code = error.detail().http_status;
        output.response = std::make_shared<const ApiResponse>(std::move(response));
        return output;
    }

    void evaluate_quietly(const expr::Text& text) {
        try {
            (void)text.evaluate(context_);
        } catch (const Error& failure) {
            log_failure("onError.expr", failure);
        }
    }

    void log_failure(std::string_view key, const Error& failure) {
        report(failure,
               fmt::format("{} of '{}' failed: {}", key, resource_.action_id, failure.what()));
    }

    void log_handled(const Error& error) {
        if (!events_.wants(LogLevel::Warning)) return;
        report(error, fmt::format("resource '{}' failed, onError handles it: {}",
                                  resource_.action_id, render(error)));
    }

    void report(const Error& error, std::string text) {
        events_.emit(Notice{.level = LogLevel::Warning,
                            .module = "engine",
                            .text = std::move(text),
                            .request_id = context_.request().id,
                            .resource = resource_.action_id,
                            .code = std::string(error_name(error.code()))});
    }

    /// Makes `error` visible to expressions while it is handled.
    class WithError {
     public:
        WithError(RunContext& context, const Error& error) : context_(context) {
            context_.set_error(&error);
        }
        ~WithError() { context_.set_error(nullptr); }
        WithError(const WithError&) = delete;
        WithError& operator=(const WithError&) = delete;

     private:
        RunContext& context_;
    };

    const CompiledResource& resource_;
    Deadline run_deadline_;
    const std::stop_token& stop_;
    EventSink& events_;
    RunContext context_;
    std::optional<Output> primary_;  ///< What the action gave; kept for onError to read.
};

}  // namespace

ResourceOutcome run_resource(Run& run, graph::NodeId resource, Deadline run_deadline,
                             const std::stop_token& stop, EventSink& events) {
    return ResourceRun(run, resource, run_deadline, stop, events).run();
}

}  // namespace kdeps::engine
