#include "kdeps/workflow/path_pattern.hpp"

#include <gtest/gtest.h>

#include "kdeps/base/json.hpp"

namespace kdeps::workflow {
namespace {

struct FitCase {
    const char *name, *pattern, *path, *parameters;  ///< Null: the path does not fit.
};
class PathFitTest : public testing::TestWithParam<FitCase> {};

TEST_P(PathFitTest, TakesThePathsItStandsFor) {
    const PathPattern pattern(GetParam().pattern);
    const auto segments = path_segments(GetParam().path);
    ASSERT_TRUE(segments);
    ASSERT_EQ(pattern.fits(*segments), GetParam().parameters != nullptr);
    if (GetParam().parameters == nullptr) return;
    EXPECT_EQ(to_json(Value(pattern.parameters(*segments))), GetParam().parameters);
}

constexpr FitCase kFits[] = {
    {"Root", "/", "/", "{}"},
    {"Exact", "/a/b", "/a/b", "{}"},
    {"OtherLiteral", "/a/b", "/a/c", nullptr},
    {"Longer", "/a", "/a/b", nullptr},
    {"Shorter", "/a/b", "/a", nullptr},
    {"TrailingSlashDiffers", "/a", "/a/", nullptr},
    {"Parameter", "/a/:id", "/a/7%2F8", R"({"id":"7/8"})"},
    {"ParameterIsNotEmpty", "/a/:id", "/a/", nullptr},
    {"StarIsOneSegment", "/a/*/c", "/a/b/c", "{}"},
    {"StarIsNotTwo", "/a/*/c", "/a/b/b/c", nullptr},
    {"LastStarIsOne", "/a/*", "/a/b", "{}"},
    {"LastStarIsDeep", "/a/*", "/a/b/c", "{}"},
    {"LastStarIsNone", "/a/*", "/a", "{}"},
    {"LastStarBehindParameter", "/:x/*", "/a/b/c", R"({"x":"a"})"},
    {"StarAlone", "/*", "/", "{}"},
    {"ColonAloneIsLiteral", "/:", "/:", "{}"},
    {"PlusIsAPlus", "/a+b", "/a%2Bb", "{}"},
    {"NoSlash", "a", "/a", nullptr},
};
INSTANTIATE_TEST_SUITE_P(Cases, PathFitTest, testing::ValuesIn(kFits),
                         [](const auto& c) { return c.param.name; });

struct OverlapCase {
    const char *name, *one, *other;
    bool overlap;
};
class PathOverlapTest : public testing::TestWithParam<OverlapCase> {};

TEST_P(PathOverlapTest, IsAskedBothWays) {
    const PathPattern one(GetParam().one);
    const PathPattern other(GetParam().other);
    EXPECT_EQ(one.overlaps(other), GetParam().overlap);
    EXPECT_EQ(other.overlaps(one), GetParam().overlap);
}

constexpr OverlapCase kOverlaps[] = {
    {"Same", "/orders/:id", "/orders/:id", true},
    {"OtherName", "/orders/:id", "/orders/:number", true},
    {"ParameterAndStar", "/orders/:id", "/orders/*", true},
    {"LiteralInParameter", "/orders/7", "/orders/:id", true},
    {"Literals", "/orders", "/order", false},
    {"Crossed", "/:a/b", "/a/:b", true},
    {"CrossedApart", "/:a/b", "/a/c", false},
    {"TooLong", "/orders/:id", "/orders/:id/items", false},
    {"RestTakesAll", "/*", "/orders/:id/items", true},
    {"RestTakesNone", "/orders/*", "/orders", true},
    {"RestNeedsItsPrefix", "/orders/:id/*", "/orders", false},
    {"TwoRests", "/a/*", "/a/b/*", true},
    {"RestsApart", "/a/*", "/b/*", false},
    {"NoSlash", "a", "/*", false},
};
INSTANTIATE_TEST_SUITE_P(Cases, PathOverlapTest, testing::ValuesIn(kOverlaps),
                         [](const auto& c) { return c.param.name; });

TEST(PathSegmentsTest, RefusesWhatIsNoPath) {
    EXPECT_FALSE(path_segments("/%zz"));
    EXPECT_FALSE(path_segments("/%FF"));
    EXPECT_FALSE(path_segments("a"));
}

}  // namespace
}  // namespace kdeps::workflow
