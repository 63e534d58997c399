#include "event_line.hpp"

#include <gtest/gtest.h>

#include "kdeps/base/json.hpp"

namespace kdeps::log {

namespace {

using std::chrono::microseconds;

const std::chrono::system_clock::time_point kTime{std::chrono::milliseconds(1'769'851'800'123)};
#define KDEPS_TIME "2026-01-31T09:30:00.123Z"
#define KDEPS_JSON_TIME R"({"time":"2026-01-31T09:30:00.123Z")"

}  // namespace

struct LineCase {
    const char* name;
    Event event;
    const char *text, *json;
};
class EventLineTest : public testing::TestWithParam<LineCase> {};

TEST_P(EventLineTest, Text) {
    EXPECT_EQ(text_line(GetParam().event, kTime), GetParam().text);
}

TEST_P(EventLineTest, Json) {
    EXPECT_EQ(json_line(GetParam().event, kTime), GetParam().json);
}

const LineCase kLines[] = {
    {"Request", RequestFinished{"r7", "GET", "/orders", 200, microseconds(1500)},
     KDEPS_TIME " info  server: GET /orders 200 in 1.5 ms request=r7",
     KDEPS_JSON_TIME R"(,"level":"info","module":"server","requestId":"r7","method":"GET",)"
                     R"("path":"/orders","status":200,"durationMs":1.5})"},
    {"ForgedRequest",
     RequestFinished{"r\n7", "GET",
                     "/x\r\n2026 info \x1B[2J\xC2\x9B"
                     "1m\xFF\xE2\x80\xAE",
                     404, microseconds(0)},
     KDEPS_TIME " info  server: GET /x\\u000d\\n2026 info \\u001b[2J\\u009b1m\\xff\\u202e 404 in "
                "0 ms request=r\\n7",
     KDEPS_JSON_TIME R"(,"level":"info","module":"server","requestId":"r\n7","method":"GET",)"
                     "\"path\":\"/x\\r\\n2026 info \\u001b[2J\xC2\x9B"
                     "1m\xEF\xBF\xBD\xE2\x80\xAE\","
                     R"("status":404,"durationMs":0.0,"resource":"","code":""})"},
    {"FailedRequest",
     RequestFinished{"r7", "GET", "/orders", 500, microseconds(1500), "orders", "QUERY_FAILED"},
     KDEPS_TIME " info  server: GET /orders 500 in 1.5 ms request=r7",
     KDEPS_JSON_TIME R"(,"level":"info","module":"server","requestId":"r7","method":"GET",)"
                     R"("path":"/orders","status":500,"durationMs":1.5,"resource":"orders",)"
                     R"("code":"QUERY_FAILED"})"},
    {"ResourceFailed",
     ResourceFailed{"r7", "orders", "QUERY_FAILED", "a.yaml:1:2: no table [QUERY_FAILED]\n  1 | x"},
     KDEPS_TIME " error engine: resource 'orders' failed request=r7: a.yaml:1:2: no table "
                "[QUERY_FAILED]\n      1 | x",
     KDEPS_JSON_TIME R"(,"level":"error","module":"engine","requestId":"r7","resource":"orders",)"
                     R"("code":"QUERY_FAILED",)"
                     R"("error":"a.yaml:1:2: no table [QUERY_FAILED]\n  1 | x"})"},
    {"RunFailed", ResourceFailed{"", "", "RUN_TIMEOUT", "too slow"},
     KDEPS_TIME " error engine: run failed: too slow",
     KDEPS_JSON_TIME R"(,"level":"error","module":"engine","requestId":"","resource":"",)"
                     R"("code":"RUN_TIMEOUT","error":"too slow"})"},
    {"ForgedFailure",
     ResourceFailed{"r7", "a", "X", "no\n2026-01-31T09:30:00.000Z info  server: all is well"},
     KDEPS_TIME " error engine: resource 'a' failed request=r7: no\n    2026-01-31T09:30:00.000Z "
                "info  server: all is well",
     KDEPS_JSON_TIME
     R"(,"level":"error","module":"engine","requestId":"r7","resource":"a",)"
     R"("code":"X","error":"no\n2026-01-31T09:30:00.000Z info  server: all is well"})"},
    {"ResourceFinished", ResourceFinished{"r7", "orders", "sql", microseconds(12345), false},
     KDEPS_TIME " debug engine: resource 'orders' (sql) done in 12.345 ms request=r7",
     KDEPS_JSON_TIME R"(,"level":"debug","module":"engine","requestId":"r7","resource":"orders",)"
                     R"("kind":"sql","durationMs":12.345,"skipped":false})"},
    {"ResourceSkipped", ResourceFinished{"", "orders", "sql", microseconds(0), true},
     KDEPS_TIME " debug engine: resource 'orders' (sql) skipped",
     KDEPS_JSON_TIME R"(,"level":"debug","module":"engine","requestId":"","resource":"orders",)"
                     R"("kind":"sql","durationMs":0.0,"skipped":true})"},
    {"ConnectionOpened", ConnectionEvent{ConnectionEvent::What::Opened, "analytics", ""},
     KDEPS_TIME " debug pool: connection of 'analytics' opened",
     KDEPS_JSON_TIME R"(,"level":"debug","module":"pool","pool":"analytics","what":"opened",)"
                     R"("reason":""})"},
    {"ConnectionClosed",
     ConnectionEvent{ConnectionEvent::What::Closed, "analytics", "max lifetime"},
     KDEPS_TIME " debug pool: connection of 'analytics' closed: max lifetime",
     KDEPS_JSON_TIME R"(,"level":"debug","module":"pool","pool":"analytics","what":"closed",)"
                     R"("reason":"max lifetime"})"},
    {"ConnectionFailed",
     ConnectionEvent{ConnectionEvent::What::Failed, "analytics",
                     "cannot connect to postgres://bob:hunter2@db/x\ntry later"},
     KDEPS_TIME " warn  pool: connection of 'analytics' failed: cannot connect to "
                "postgres://bob:***@db/x\n    try later",
     KDEPS_JSON_TIME R"(,"level":"warning","module":"pool","pool":"analytics","what":"failed",)"
                     R"("reason":"cannot connect to postgres://bob:***@db/x\ntry later"})"},
    {"WorkerStarted", WorkerEvent{true, 4711, ""}, KDEPS_TIME " debug worker: process 4711 started",
     KDEPS_JSON_TIME R"(,"level":"debug","module":"worker","pid":4711,"what":"started",)"
                     R"("reason":""})"},
    {"WorkerEnded", WorkerEvent{false, 4711, "timeout"},
     KDEPS_TIME " debug worker: process 4711 ended: timeout",
     KDEPS_JSON_TIME R"(,"level":"debug","module":"worker","pid":4711,"what":"ended",)"
                     R"("reason":"timeout"})"},
    {"Notice", Notice{LogLevel::Warning, "app", "password=hunter2 is weak\tyes \xC3\xA4"},
     KDEPS_TIME " warn  app: password=*** is weak\tyes \xC3\xA4",
     KDEPS_JSON_TIME R"(,"level":"warning","module":"app",)"
                     "\"text\":\"password=*** is weak\\tyes \xC3\xA4\"}"},
    {"NoticeOfAResource",
     Notice{LogLevel::Warning, "engine", "onError handles it", "r7", "orders", "QUERY_FAILED"},
     KDEPS_TIME " warn  engine: [r7] onError handles it",
     KDEPS_JSON_TIME R"(,"level":"warning","module":"engine","requestId":"r7",)"
                     R"("resource":"orders","code":"QUERY_FAILED","text":"onError handles it"})"},
    {"SecretInAPath", RequestFinished{"r7", "GET", "/x?token=abc", 200, microseconds(1)},
     KDEPS_TIME " info  server: GET /x?token=*** 200 in 0.001 ms request=r7",
     KDEPS_JSON_TIME R"(,"level":"info","module":"server","requestId":"r7","method":"GET",)"
                     R"("path":"/x?token=***","status":200,"durationMs":0.001})"},
};
INSTANTIATE_TEST_SUITE_P(Cases, EventLineTest, testing::ValuesIn(kLines),
                         [](const auto& c) { return c.param.name; });

TEST(EventLineTest, ColorsTheLevelOnly) {
    EXPECT_EQ(text_line(Notice{LogLevel::Error, "app", "no"}, kTime, true),
              KDEPS_TIME " \x1B[31merror\x1B[0m app: no");
    EXPECT_EQ(text_line(Notice{LogLevel::Info, "app", "yes"}, kTime, true),
              KDEPS_TIME " \x1B[32minfo \x1B[0m app: yes");
}

TEST(EventLineTest, LongTextsAreCut) {
    const Notice notice{LogLevel::Error, "app", std::string(20'000, 'x')};
    EXPECT_EQ(text_line(notice, kTime),
              KDEPS_TIME " error app: " + std::string(16'384, 'x') + " ... (3616 more bytes)");
    EXPECT_TRUE(json_line(notice, kTime).ends_with("xxx ... (3616 more bytes)\"}"));
}

TEST(EventLineTest, LinesOfEveryByteStayOneJsonObject) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    const std::string line = json_line(Notice{LogLevel::Info, bytes, bytes}, kTime);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(parse_json(line).member("level"), Value("info"));
    const std::string text = text_line(RequestFinished{bytes, bytes, bytes, 200, {}}, kTime);
    for (const char c : text) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << text;
}

}  // namespace kdeps::log
