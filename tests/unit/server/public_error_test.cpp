#include "public_error.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kdeps::server {
namespace {

struct ErrorCase {
    const char* name;
    ErrorCode code;
    Outcome outcome;
    const char* result;
};
class PublicErrorTest : public testing::TestWithParam<ErrorCase> {};

TEST_P(PublicErrorTest, HidesWhatIsNotForClients) {
    const Error error(GetParam().code, "the cause",
                      {.connection = "shop", .resource = "list", .outcome = GetParam().outcome});
    const PublicError seen = public_error(error, false);
    EXPECT_EQ(fmt::format("{} {} {}", seen.status, seen.code, seen.message), GetParam().result);
    EXPECT_EQ(public_error(error, true).message, "the cause");
}

using enum ErrorCode;
constexpr ErrorCase kErrorCases[] = {
    {"BadRequest", BadRequest, Outcome::NotApplicable, "400 BAD_REQUEST the cause"},
    {"Validation", ValidationFailed, Outcome::NotApplicable, "400 VALIDATION_ERROR the cause"},
    {"Preflight", PreflightFailed, Outcome::NotApplicable, "500 PREFLIGHT_FAILED the cause"},
    {"Query", QueryFailed, Outcome::NotDone, "500 RESOURCE_FAILED resource 'list' failed"},
    {"Python", PythonFailed, Outcome::NotApplicable, "500 RESOURCE_FAILED resource 'list' failed"},
    {"Worker", WorkerCrashed, Outcome::NotApplicable, "500 RESOURCE_FAILED resource 'list' failed"},
    {"Expression", ExpressionFailed, Outcome::NotApplicable,
     "500 RESOURCE_FAILED resource 'list' failed"},
    {"ResultTooLarge", ResultTooLarge, Outcome::NotApplicable,
     "500 RESOURCE_FAILED resource 'list' failed"},
    {"Connect", ConnectionFailed, Outcome::NotDone,
     "503 SERVICE_UNAVAILABLE database 'shop' is unavailable"},
    {"LostBefore", ConnectionLost, Outcome::NotDone,
     "503 SERVICE_UNAVAILABLE database 'shop' is unavailable"},
    {"LostUnknown", ConnectionLost, Outcome::Unknown, "500 RESOURCE_FAILED resource 'list' failed"},
    {"LostDone", ConnectionLost, Outcome::Done, "500 RESOURCE_FAILED resource 'list' failed"},
    {"Cancelled", Cancelled, Outcome::NotDone, "503 SERVICE_UNAVAILABLE the cause"},
    {"CancelledUnknown", Cancelled, Outcome::Unknown, "500 RESOURCE_FAILED resource 'list' failed"},
    {"PoolTimeout", PoolTimeout, Outcome::NotDone,
     "503 SERVICE_UNAVAILABLE database 'shop' is unavailable"},
    {"PoolQueue", PoolQueueFull, Outcome::NotDone,
     "503 SERVICE_UNAVAILABLE database 'shop' is unavailable"},
    {"ResourceTimeout", ResourceTimeout, Outcome::NotDone, "504 TIMEOUT the run timed out"},
    {"RunTimeout", RunTimeout, Outcome::NotApplicable, "504 TIMEOUT the run timed out"},
    {"Internal", Internal, Outcome::NotApplicable, "500 INTERNAL_ERROR internal error"},
};
INSTANTIATE_TEST_SUITE_P(Cases, PublicErrorTest, testing::ValuesIn(kErrorCases),
                         [](const auto& c) { return c.param.name; });

TEST(PublicErrorTest, TheWorkflowMayAskForAStatus) {
    const auto seen = [](ErrorCode code, int status) {
        const PublicError error = public_error(Error(code, "no", {.http_status = status}), false);
        return fmt::format("{} {}", error.status, error.code);
    };
    EXPECT_EQ(seen(PreflightFailed, 404), "404 NOT_FOUND");
    EXPECT_EQ(seen(PreflightFailed, 422), "422 PREFLIGHT_FAILED");
    EXPECT_EQ(seen(PreflightFailed, 200), "500 PREFLIGHT_FAILED");
    EXPECT_EQ(seen(ValidationFailed, 409), "409 VALIDATION_ERROR");
}

TEST(PublicErrorTest, RefusedValuesAreToldByTheirKindAlone) {
    const auto seen = [](kdeps::Refusal refusal, std::optional<int> status, bool debug = false) {
        const PublicError error =
            public_error(Error(QueryFailed, "the cause",
                               {.resource = "list", .http_status = status, .refusal = refusal}),
                         debug);
        return fmt::format("{} {} {}", error.status, error.code, error.message);
    };
    EXPECT_EQ(seen(kdeps::Refusal::Duplicate, 409), "409 CONFLICT it exists already");
    EXPECT_EQ(seen(kdeps::Refusal::Duplicate, 409, true), "409 CONFLICT the cause");
    EXPECT_EQ(seen(kdeps::Refusal::Duplicate, std::nullopt),
              "500 RESOURCE_FAILED resource 'list' failed");
    EXPECT_EQ(seen(kdeps::Refusal::Check, 404),
              "404 NOT_FOUND a rule of the stored data does not hold");
    EXPECT_EQ(seen(kdeps::Refusal::None, 422), "422 VALIDATION_ERROR resource 'list' failed");
    EXPECT_EQ(seen(kdeps::Refusal::None, 418), "418 RESOURCE_FAILED resource 'list' failed");
}

TEST(PublicErrorTest, NobodyIsInvitedToWriteTwice) {
    const Error error(Cancelled, "cancelled",
                      {.outcome = Outcome::NotDone, .applied_indexes = {0}});
    EXPECT_EQ(public_error(error, false).status, 500);
}

TEST(PublicErrorTest, EveryCodeHasAnErrorStatus) {
    for (const ErrorInfo& info : error_table()) {
        const PublicError seen = public_error(Error(info.code, "x"), false);
        EXPECT_GE(seen.status, 400) << info.name;
        EXPECT_LE(seen.status, 599) << info.name;
    }
}

}  // namespace
}  // namespace kdeps::server
