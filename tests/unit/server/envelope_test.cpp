#include "envelope.hpp"

#include <gtest/gtest.h>

namespace kdeps::server {
namespace {

using namespace std::chrono_literals;

const EnvelopeContext kContext{
    .request_id = "r1",
    .path = "/a",
    .method = "GET",
    .timestamp = std::chrono::sys_days{std::chrono::January / 31 / 2026} + 9h + 30min};
const std::string kMeta = R"("meta":{"requestID":"r1","timestamp":"2026-01-31T09:30:00.000Z")";

std::string header(const Answer& answer, std::string_view name) {
    for (const auto& [key, value] : answer.headers) {
        if (key == name) return value;
    }
    return "(none)";
}

std::shared_ptr<const Table> sample_table() {
    TableBuilder builder;
    builder.add_column("id");
    builder.append_int(1);
    return builder.finish();
}

TEST(SuccessAnswerTest, HasSuccessDataMetaInThisOrder) {
    engine::RunResult result;
    result.response.data = Object{{"b", 1}, {"a", nullptr}};
    const Answer answer = success_answer(result, kContext);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.bytes(), R"({"success":true,"data":{"b":1,"a":null},)" + kMeta + "}}");
    EXPECT_EQ(header(answer, "Content-Type"), "application/json");
}

TEST(SuccessAnswerTest, MetaCarriesExtrasAndWarnings) {
    engine::RunResult result;
    result.response.extra_meta = Object{{"model", "m"}};
    result.warnings = {"cut at 10 rows"};
    EXPECT_EQ(success_answer(result, kContext).bytes(),
              R"({"success":true,"data":null,)" + kMeta +
                  R"(,"model":"m","warnings":["cut at 10 rows"]}})");
}

TEST(SuccessAnswerTest, TablesPrintByTheirFormat) {
    engine::RunResult result;
    result.response.data = TableRef{sample_table(), TableFormat::Csv};
    EXPECT_EQ(success_answer(result, kContext).bytes(),
              R"({"success":true,"data":"id\r\n1\r\n",)" + kMeta + "}}");
    result.response.data = TableRef{sample_table(), TableFormat::Json};
    EXPECT_EQ(success_answer(result, kContext).bytes(),
              R"({"success":true,"data":[{"id":1}],)" + kMeta + "}}");
}

TEST(SuccessAnswerTest, FailureKeepsTheDataAndNamesItsMessage) {
    engine::RunResult result;
    result.response.success = false;
    result.response.data = Object{{"error", "no stock"}};
    const Answer answer = success_answer(result, kContext);
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.bytes(), R"({"success":false,"data":{"error":"no stock"},)"
                              R"("error":{"code":"RESOURCE_FAILED","message":"no stock"},)" +
                                  kMeta + "}}");
    result.response.data = 5;
    result.response.status_code = 409;
    EXPECT_EQ(success_answer(result, kContext).status, 409);
    EXPECT_NE(success_answer(result, kContext)
                  .bytes()
                  .find(R"("message":"API response indicated failure")"),
              std::string::npos);
}

TEST(SuccessAnswerTest, OtherContentTypesGiveTheRawText) {
    engine::RunResult result;
    result.response.headers = {{"content-type", "text/csv"}, {"X-A", "b"}};
    result.response.data = TableRef{sample_table(), TableFormat::Csv};
    const Answer answer = success_answer(result, kContext);
    EXPECT_EQ(answer.bytes(), "id\r\n1\r\n");
    EXPECT_EQ(header(answer, "Content-Type"), "text/csv");
    EXPECT_EQ(header(answer, "X-A"), "b");

    result.response.data = Bytes{std::string("\0\xFF", 2)};
    EXPECT_EQ(success_answer(result, kContext).bytes(), std::string("\0\xFF", 2));
}

TEST(SuccessAnswerTest, OtherContentTypesNeedText) {
    engine::RunResult result;
    result.response.headers = {{"Content-Type", "text/html"}};
    result.response.data = Object{{"a", 1}};
    const Answer answer = success_answer(result, kContext);
    EXPECT_EQ(header(answer, "Content-Type"), "application/json");
    EXPECT_TRUE(answer.bytes().starts_with(R"({"success":true)"));
}

TEST(SuccessAnswerTest, NoContentHasNoBody) {
    engine::RunResult result;
    result.response.status_code = 204;
    result.response.data = "x";
    const Answer answer = success_answer(result, kContext);
    EXPECT_EQ(answer.bytes(), "");
    EXPECT_EQ(header(answer, "Content-Type"), "(none)");
}

struct RefusedResponseCase {
    const char *name, *header, *value;
    int status;
    const char* message;
};
class RefusedResponseTest : public testing::TestWithParam<RefusedResponseCase> {};

TEST_P(RefusedResponseTest, SaysWhy) {
    engine::RunResult result;
    result.response.headers = {{GetParam().header, GetParam().value}};
    result.response.status_code = GetParam().status;
    try {
        [[maybe_unused]] const Answer answer = success_answer(result, kContext);
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), GetParam().message);
    }
}

constexpr RefusedResponseCase kRefusedResponses[] = {
    {"LineBreakInValue", "X-A", "b\r\nSet-Cookie: c", 200,
     "response header 'X-A' holds a character that headers cannot carry"},
    {"SpaceInName", "X A", "b", 200,
     "response header 'X A' holds a character that headers cannot carry"},
    {"Framing", "content-length", "5", 200,
     "response header 'content-length' is set by the server"},
    {"Informational", "X-A", "b", 101, "statusCode 101 is not between 200 and 599"},
    {"TooLarge", "X-A", "b", 600, "statusCode 600 is not between 200 and 599"},
};
INSTANTIATE_TEST_SUITE_P(Cases, RefusedResponseTest, testing::ValuesIn(kRefusedResponses),
                         [](const auto& c) { return c.param.name; });

const Error kFailedBatch(ErrorCode::QueryFailed, "duplicate key",
                         {.where = SourceSpan{.file = "w.yaml", .line = 3, .column = 5},
                          .hint = "check the key",
                          .sqlstate = "23505",
                          .context = "Key (id)=(1) exists.",
                          .connection = "shop",
                          .resource = "store",
                          .outcome = Outcome::NotDone,
                          .failed_index = 2,
                          .applied_indexes = {0, 1}});

TEST(ErrorAnswerTest, SaysWhatBecameOfAWriteAndHidesTheCause) {
    const Answer answer = error_answer(kFailedBatch, kContext, false);
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.bytes(),
              R"({"success":false,"error":{"code":"RESOURCE_FAILED","message":)"
              R"("resource 'store' failed","resourceId":"store","details":{"sqlstate":"23505",)"
              R"("outcome":"not_done","failedIndex":2,"appliedIndexes":[0,1]}},)" +
                  kMeta + R"(,"path":"/a","method":"GET"}})");
    EXPECT_EQ(header(answer, "Retry-After"), "(none)");
}

TEST(ErrorAnswerTest, DebugShowsTheCause) {
    EXPECT_EQ(error_answer(kFailedBatch, kContext, true).bytes(),
              R"({"success":false,"error":{"code":"RESOURCE_FAILED","message":"duplicate key",)"
              R"("resourceId":"store","details":{"sqlstate":"23505","outcome":"not_done",)"
              R"("failedIndex":2,"appliedIndexes":[0,1],"cause":"QUERY_FAILED",)"
              R"("hint":"check the key","context":"Key (id)=(1) exists.",)"
              R"("place":"w.yaml:3:5"}},)" +
                  kMeta + R"(,"path":"/a","method":"GET"}})");
}

TEST(ErrorAnswerTest, UnavailableAsksToRetry) {
    const Answer answer = error_answer(
        Error(ErrorCode::PoolTimeout, "no connection", {.connection = "shop"}), kContext, false);
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(header(answer, "Retry-After"), "1");
}

TEST(EnvelopeTest, ATimeoutNamesNoResourceWithoutDebug) {
    for (const ErrorCode code : {ErrorCode::ResourceTimeout, ErrorCode::RunTimeout}) {
        const Error error(code, "spent: secretStep 1 s", {.resource = "secretStep"});
        EXPECT_EQ(error_answer(error, kContext, false).bytes().find("secretStep"),
                  std::string::npos);
        EXPECT_NE(error_answer(error, kContext, true).bytes().find("\"resourceId\":\"secretStep\""),
                  std::string::npos);
    }
}

}  // namespace
}  // namespace kdeps::server
