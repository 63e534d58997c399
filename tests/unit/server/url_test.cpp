#include "url.hpp"

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"

namespace kdeps::server {
namespace {

std::string parsed(std::string_view text) {
    try {
        const FormFields fields = parse_urlencoded(text, "query string");
        std::string result = to_json(Value(fields.first));
        for (const auto& [name, all] : fields.repeated) result += " " + name + to_json(Value(all));
        return result;
    } catch (const Error& error) {
        return error.what();
    }
}

struct UrlCase {
    const char *name, *text, *result;
};
class UrlencodedTest : public testing::TestWithParam<UrlCase> {};

TEST_P(UrlencodedTest, ReadsOrRefuses) {
    EXPECT_EQ(parsed(GetParam().text), GetParam().result);
}

constexpr const char* kBad = "the query string is not valid percent-encoded UTF-8";
constexpr UrlCase kUrlCases[] = {
    {"Empty", "", "{}"},
    {"One", "a=1", R"({"a":"1"})"},
    {"FirstAndAll", "a=1&b=2&a=3&a=", R"({"a":"1","b":"2"} a["1","3",""])"},
    {"Brackets", "a[]=1&a%5B%5D=2", R"({"a[]":"1"} a[]["1","2"])"},
    {"NoValue", "a&b=", R"({"a":"","b":""})"},
    {"EqualsInValue", "a=b=c", R"({"a":"b=c"})"},
    {"PlusIsSpace", "a+b=c+d", R"({"a b":"c d"})"},
    {"Escapes", "%61=%2B%26%C3%BC", "{\"a\":\"+&\xC3\xBC\"}"},
    {"EmptyPairs", "&&a=1&", R"({"a":"1"})"},
    {"CutEscape", "a=%4", kBad},
    {"NoHex", "a=%zz", kBad},
    {"LonePercent", "a=100%", kBad},
    {"InvalidUtf8", "a=%FF", kBad},
    {"OverlongUtf8", "a=%C0%AF", kBad},
};
INSTANTIATE_TEST_SUITE_P(Cases, UrlencodedTest, testing::ValuesIn(kUrlCases),
                         [](const auto& c) { return c.param.name; });

TEST(UrlencodedTest, BoundsTheNumberOfFields) {
    std::string text;
    for (int i = 0; i <= 1000; ++i) text += "n" + std::to_string(i) + "=1&";
    EXPECT_EQ(parsed(text), "there are more than 1000 fields");
    text.clear();
    for (int i = 0; i <= 1000; ++i) text += "n=1&";
    EXPECT_EQ(parsed(text), "there are more than 1000 fields");
}

}  // namespace
}  // namespace kdeps::server
