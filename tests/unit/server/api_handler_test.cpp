#include "api_handler.hpp"

#include <gtest/gtest.h>

#include "kdeps/base/json.hpp"

#include "support/fake_runner.hpp"
#include "support/measures.hpp"

namespace kdeps::server {
namespace {

class FakeStatus final : public StatusSource {
 public:
    [[nodiscard]] std::string status_name() const override { return "shop"; }
    [[nodiscard]] Value status() const override { return Object{{"up", true}, {"total", 3}}; }
};

class RecordingSink final : public EventSink {
 public:
    void emit(const Event& event) noexcept override { events.push_back(event); }
    [[nodiscard]] bool wants(LogLevel) const noexcept override { return true; }
    std::vector<Event> events;
};

ServerSettings settings() {
    ServerSettings settings;
    settings.workflow_name = "demo";
    settings.workflow_version = "1.0";
    settings.api.routes = {
        {.path = "/items",
         .methods = {"GET", "POST"},
         .target = "listItems",
         .timeout = {},
         .is_public = false,
         .span = {}},
        {.path = "/open", .methods = {"GET"}, .timeout = {}, .is_public = true, .span = {}}};
    return settings;
}

class ApiHandlerTest : public testing::Test {
 protected:
    Answer send(const std::string& line, const std::string& fields = "") {
        const ApiHandler handler(settings_, runner_, sink_, {&status_});
        EXPECT_FALSE(
            incoming_.head.parse(line + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n"));
        incoming_.stop = stop_.get_token();
        return handler.handle(incoming_);
    }
    static std::string header(const Answer& answer, std::string_view name) {
        for (const auto& [key, value] : answer.headers) {
            if (key == name) return value;
        }
        return "(none)";
    }
    static std::string error_code(const Answer& answer) {
        return parse_json(answer.bytes()).member("error")->member("code")->as_string();
    }

    ServerSettings settings_ = settings();
    test::FakeRunner runner_;
    RecordingSink sink_;
    FakeStatus status_;
    Incoming incoming_;
    std::stop_source stop_;
};

TEST_F(ApiHandlerTest, RunsARouteAndAddsTheCommonHeaders) {
    const Answer answer = send("GET /items?a=1", "X-Request-ID: my-id.1\r\n");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(header(answer, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(answer, "X-Frame-Options"), "DENY");
    EXPECT_EQ(header(answer, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(header(answer, "Cache-Control"), "no-store");
    EXPECT_EQ(header(answer, "X-Request-ID"), "my-id.1");
    EXPECT_EQ(header(answer, "Access-Control-Allow-Origin"), "(none)");
    EXPECT_EQ(parse_json(answer.bytes()).member("meta")->member("requestID")->as_string(),
              "my-id.1");
    EXPECT_EQ(runner_.last().id, "my-id.1");
    EXPECT_EQ(runner_.last().target, "listItems");
    ASSERT_EQ(sink_.events.size(), 1u);
    EXPECT_EQ(std::get<RequestFinished>(sink_.events[0]).status, 200);
}

TEST_F(ApiHandlerTest, TheLogTellsWhatEveryErrorWas) {
    const auto told = [this](const std::string& line) {
        sink_.events.clear();
        const Answer answer = send(line);
        const auto& finished = std::get<RequestFinished>(sink_.events.back());
        EXPECT_EQ(finished.status, answer.status);
        return finished.code + '/' + finished.resource;
    };
    EXPECT_EQ(told("GET /items"), "/");
    EXPECT_EQ(told("GET /nothing"), "NOT_FOUND/");
    EXPECT_EQ(told("DELETE /items"), "METHOD_NOT_ALLOWED/");
    runner_.on_run([](const auto&, auto, auto) -> engine::RunResult {
        throw Error(ErrorCode::QueryFailed, "no table", {.resource = "orders"});
    });
    EXPECT_EQ(told("GET /items"), "QUERY_FAILED/orders");
    runner_.on_run([](const auto&, auto, auto) -> engine::RunResult {
        throw Error(ErrorCode::ResourceTimeout, "too slow", {.resource = "orders"});
    });
    EXPECT_EQ(told("GET /items"), "RESOURCE_TIMEOUT/orders") << "which clients are not told";
    runner_.on_run([](const auto&, auto, auto) -> engine::RunResult { throw std::bad_alloc(); });
    EXPECT_EQ(told("GET /items"), "INTERNAL/");
    runner_.on_run([](const auto&, auto, auto) {
        engine::RunResult result;
        result.response.success = false;
        return result;
    });
    EXPECT_EQ(told("GET /items"), "RESOURCE_FAILED/");
    incoming_.refusal = Refusal{413, "REQUEST_TOO_LARGE", "too much"};
    EXPECT_EQ(told("GET /items"), "REQUEST_TOO_LARGE/");
    incoming_.refusal.reset();
    stop_.request_stop();
    runner_.on_run([](const auto&, auto, auto) -> engine::RunResult {
        throw Error(ErrorCode::Cancelled, "the client is gone", {.resource = "orders"});
    });
    EXPECT_EQ(told("GET /items"), "CANCELLED/orders");
}

TEST_F(ApiHandlerTest, ReplacesAnUnsafeRequestId) {
    const Answer answer = send("GET /items", "X-Request-ID: a b\r\n");
    EXPECT_EQ(header(answer, "X-Request-ID").size(), 36u);
}

TEST_F(ApiHandlerTest, UnknownPathIs404) {
    const Answer answer = send("GET /nothing");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(error_code(answer), "NOT_FOUND");
}

TEST_F(ApiHandlerTest, OtherMethodIs405WithAllow) {
    const Answer answer = send("DELETE /items");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(error_code(answer), "METHOD_NOT_ALLOWED");
    EXPECT_EQ(header(answer, "Allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(send("POST /health").status, 405);
}

TEST_F(ApiHandlerTest, OptionsListsMethodsWithoutRunning) {
    const Answer answer = send("OPTIONS /items");
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(header(answer, "Allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(send("OPTIONS *").status, 204);
    EXPECT_EQ(send("OPTIONS /nothing").status, 404);
    EXPECT_EQ(runner_.count(), 0u);
}

TEST_F(ApiHandlerTest, TokenIsAskedExceptWherePublic) {
    settings_.api.auth_token = "t";
    const Answer refused = send("GET /items");
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(error_code(refused), "UNAUTHORIZED");
    EXPECT_EQ(header(refused, "WWW-Authenticate"), "Bearer");
    EXPECT_EQ(send("GET /nothing").status, 401);
    EXPECT_EQ(send("GET /items", "Authorization: Bearer t\r\n").status, 200);
    EXPECT_EQ(send("GET /open").status, 200);
    EXPECT_EQ(send("GET /health").status, 200);
}

TEST_F(ApiHandlerTest, PreflightPassesBeforeTheToken) {
    settings_.api.auth_token = "t";
    settings_.api.cors = workflow::CorsSettings{};
    const Answer answer =
        send("OPTIONS /items", "Origin: http://a\r\nAccess-Control-Request-Method: GET\r\n");
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(header(answer, "Access-Control-Allow-Origin"), "*");
    const Answer refused = send("GET /items", "Origin: http://a\r\n");
    EXPECT_EQ(refused.status, 401);  // and the page may read why
    EXPECT_EQ(header(refused, "Access-Control-Allow-Origin"), "*");
}

TEST_F(ApiHandlerTest, ForeignHostIs421) {
    const ApiHandler handler(settings_, runner_, sink_, {});
    ASSERT_FALSE(incoming_.head.parse("GET /items HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
    const Answer answer = handler.handle(incoming_);
    EXPECT_EQ(answer.status, 421);
    EXPECT_EQ(error_code(answer), "MISDIRECTED_REQUEST");
}

TEST_F(ApiHandlerTest, HealthTellsConnectionsOnlyLocally) {
    EXPECT_EQ(send("GET /health").bytes(),
              R"({"status":"ok","workflow":{"name":"demo","version":"1.0"}})");
    incoming_.is_remote_loopback = true;
    EXPECT_EQ(send("GET /health").bytes(),
              R"({"status":"ok","workflow":{"name":"demo","version":"1.0"},)"
              R"("connections":{"shop":{"up":true,"total":3}}})");
    EXPECT_EQ(send("GET /health", "X-Forwarded-For: 1.2.3.4\r\n").bytes(),
              R"({"status":"ok","workflow":{"name":"demo","version":"1.0"}})");
}

TEST_F(ApiHandlerTest, AWorkflowsOwnRouteReplacesHealth) {
    settings_.api.routes[0].path = "/health";
    EXPECT_EQ(parse_json(send("GET /health").bytes()).member("success")->as_bool(), true);
    EXPECT_EQ(header(send("DELETE /health"), "Allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(runner_.count(), 1u);
}

TEST_F(ApiHandlerTest, HealthSaysWhichMethodsItHas) {
    EXPECT_EQ(header(send("OPTIONS /health"), "Allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(header(send("DELETE /health"), "Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(ApiHandlerTest, OverloadRefusesEverythingButHealth) {
    incoming_.is_overloaded = true;
    const Answer answer = send("GET /items");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(header(answer, "Retry-After"), "1");
    EXPECT_EQ(send("GET /health").status, 200);
    EXPECT_EQ(runner_.count(), 0u);
}

TEST_F(ApiHandlerTest, WantOfThreadsIsNoOverload) {
    incoming_.is_overloaded = true;
    incoming_.lacks_threads = true;
    const Answer answer = send("GET /items");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(parse_json(answer.bytes()).member("error")->member("message")->as_string(),
              "the system allows this program no further thread");
    const auto& logged = std::get<ResourceFailed>(sink_.events.at(0)).text;
    EXPECT_NE(logged.find("hint: raise the limit of processes: `ulimit -u`"), std::string::npos)
        << logged;
}

TEST_F(ApiHandlerTest, RefusalOfTheFrontBecomesAnEnvelope) {
    incoming_.refusal = Refusal{413, "REQUEST_TOO_LARGE", "the body is larger than 5 bytes"};
    const Answer answer = send("POST /items");
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(error_code(answer), "REQUEST_TOO_LARGE");
    EXPECT_EQ(runner_.count(), 0u);
}

TEST_F(ApiHandlerTest, CancelledRunOfAGoneClientIsAbandoned) {
    runner_.on_run([](const auto&, auto, auto) -> engine::RunResult {
        throw Error(ErrorCode::Cancelled, "the run was cancelled");
    });
    stop_.request_stop();
    EXPECT_TRUE(send("GET /items").is_abandoned);
    std::stop_source drain;
    drain.request_stop();
    incoming_.drain = drain.get_token();
    const Answer answer = send("GET /items");
    EXPECT_FALSE(answer.is_abandoned);
    EXPECT_EQ(answer.status, 503);
}

TEST_F(ApiHandlerTest, UnexpectedExceptionsAreInternalAndReported) {
    runner_.on_run([](const auto&, auto, auto) -> engine::RunResult {
        throw std::runtime_error("password=hunter2");
    });
    const Answer answer = send("GET /items");
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(error_code(answer), "INTERNAL_ERROR");
    EXPECT_EQ(answer.bytes().find("hunter2"), std::string::npos);
    ASSERT_EQ(sink_.events.size(), 2u);
    EXPECT_EQ(std::get<ResourceFailed>(sink_.events[0]).code, "INTERNAL");
}

TEST_F(ApiHandlerTest, RouteTimeoutIsTheDeadline) {
    settings_.api.routes[0].timeout = std::chrono::milliseconds(250);
    incoming_.received_at = SteadyTime(std::chrono::hours(5));
    Deadline seen = Deadline::never();
    runner_.on_run([&](const auto&, Deadline deadline, auto) {
        seen = deadline;
        return engine::RunResult{};
    });
    EXPECT_EQ(send("GET /items").status, 200);
    EXPECT_EQ(seen.time(), incoming_.received_at + std::chrono::milliseconds(250));
}

TEST_F(ApiHandlerTest, RunsWhoseTimeIsOverAreMeasured) {
    test::Measures measures;
    sink_.set_measures(&measures);
    incoming_.received_at = std::chrono::steady_clock::now() - std::chrono::seconds(2);
    EXPECT_EQ(send("GET /items").status, 200);
    runner_.on_run([](const auto&, Deadline, auto) -> engine::RunResult {
        throw Error(ErrorCode::RunTimeout, "too late");
    });
    EXPECT_EQ(send("GET /items").status, 504);
    EXPECT_EQ(measures.of(Measurement::Kind::Refusal), std::vector<std::string>{"run RUN_TIMEOUT"});
    EXPECT_GE(measures.duration(Measurement::Kind::Refusal), std::chrono::seconds(2));
}

}  // namespace
}  // namespace kdeps::server
