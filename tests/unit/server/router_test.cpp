#include "router.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"

namespace kdeps::server {
namespace {

workflow::Route route(std::string path, std::vector<std::string> methods) {
    return {.path = std::move(path),
            .methods = std::move(methods),
            .timeout = {},
            .is_public = false,
            .span = {}};
}

const std::vector<workflow::Route>& routes() {
    static const std::vector<workflow::Route> kRoutes{
        route("/api/*", {"DELETE"}),
        route("/api/:id", {"GET"}),
        route("/api/users", {"GET", "POST"}),
        route("/api/:id/items/:item", {"GET"}),
        route("/api/*/parts", {"GET"}),
        route("/files/*", {"GET"}),
        route("/", {"GET"}),
        route("/both", {"GET"}),
        route("/both", {"PUT"}),
        route("/space here", {"GET"}),
    };
    return kRoutes;
}

struct RouterCase {
    const char *name, *method, *path, *result;
};
class RouterTest : public testing::TestWithParam<RouterCase> {};

TEST_P(RouterTest, FindsTheRoute) {
    const Router router(routes());
    std::string result;
    try {
        const RouteMatch match = router.match(GetParam().method, GetParam().path);
        result = match.route != nullptr ? match.route->path + " " + to_json(Value(match.parameters))
                                        : fmt::format("none [{}]", fmt::join(match.allow, ", "));
    } catch (const Error& error) {
        result = error.what();
    }
    EXPECT_EQ(result, GetParam().result);
}

constexpr RouterCase kCases[] = {
    {"ExactBeforeParameter", "GET", "/api/users", "/api/users {}"},
    {"Parameter", "GET", "/api/7", R"(/api/:id {"id":"7"})"},
    {"ParameterDecoded", "GET", "/api/a%2Fb%20c", R"(/api/:id {"id":"a/b c"})"},
    {"TwoParameters", "GET", "/api/7/items/x", R"(/api/:id/items/:item {"id":"7","item":"x"})"},
    {"StarIsOneSegment", "GET", "/api/7/parts", "/api/*/parts {}"},
    {"TrailingStarIsDeep", "GET", "/files/a/b/c", "/files/* {}"},
    {"TrailingStarTakesTheBarePrefix", "GET", "/files", "/files/* {}"},
    {"OtherMethodFallsToAPattern", "DELETE", "/api/users", "/api/* {}"},
    {"Root", "GET", "/", "/ {}"},
    {"SecondRouteOfAPath", "PUT", "/both", "/both {}"},
    {"HeadIsGet", "HEAD", "/api/users", "/api/users {}"},
    {"EncodedLiteral", "GET", "/space%20here", "/space here {}"},
    {"EncodedExact", "GET", "/%61pi/users", "/api/users {}"},
    {"TrailingSlashDiffers", "POST", "/api/users/", "none [DELETE, OPTIONS]"},
    {"EmptyParameter", "GET", "/api/", "none [DELETE, OPTIONS]"},
    {"DotsAreNames", "GET", "/api/..", R"(/api/:id {"id":".."})"},
    {"Unknown", "GET", "/nothing", "none []"},
    {"CaseMatters", "GET", "/API/users", "none []"},
    {"AllowOfEveryMatch", "PATCH", "/api/users", "none [GET, HEAD, POST, OPTIONS, DELETE]"},
    {"BadEscape", "GET", "/api/%zz", "the path is not valid percent-encoded UTF-8"},
    {"BadUtf8", "GET", "/api/%FF", "the path is not valid percent-encoded UTF-8"},
};
INSTANTIATE_TEST_SUITE_P(Cases, RouterTest, testing::ValuesIn(kCases),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::server
