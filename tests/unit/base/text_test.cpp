#include "kdeps/base/text.hpp"

#include <array>
#include <set>

#include <gtest/gtest.h>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/error.hpp"
#include "kdeps/base/event.hpp"

namespace kdeps {

using std::chrono::milliseconds;

struct Utf8Case {
    const char *name, *text;
    std::optional<std::size_t> invalid;
    std::size_t code_points;
};
class Utf8Test : public testing::TestWithParam<Utf8Case> {};

TEST_P(Utf8Test, ChecksAndCounts) {
    EXPECT_EQ(invalid_utf8(GetParam().text), GetParam().invalid);
    EXPECT_EQ(code_points(GetParam().text), GetParam().code_points);
}
constexpr Utf8Case kUtf8Cases[] = {
    {"Empty", "", std::nullopt, 0},
    {"Ascii", "abc\x7F", std::nullopt, 4},
    {"OneOfEachLength", "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", std::nullopt, 4},
    {"Bounds", "\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
     std::nullopt, 6},
    {"AroundSurrogates", "\xED\x9F\xBF\xEE\x80\x80", std::nullopt, 2},
    {"Continuation", "a\x80", 1, 2},
    {"Overlong2", "\xC1\xBF", 0, 2},
    {"Overlong3", "\xE0\x9F\xBF", 0, 3},
    {"Overlong4", "\xF0\x8F\xBF\xBF", 0, 4},
    {"Surrogate", "\xED\xA0\x80", 0, 3},
    {"AboveLast", "\xF4\x90\x80\x80", 0, 4},
    {"Cut2", "ab\xC3", 2, 3},
    {"Cut3", "ab\xE2\x82", 2, 4},
    {"Cut4", "\xF0\x9F\x98", 0, 3},
    {"CutByAscii", "\xE2\x82z", 0, 3},
};
INSTANTIATE_TEST_SUITE_P(Cases, Utf8Test, testing::ValuesIn(kUtf8Cases),
                         [](const auto& c) { return c.param.name; });

struct DurationCase {
    const char *name, *text;
    std::optional<std::int64_t> millis;
};
class DurationTest : public testing::TestWithParam<DurationCase> {};

TEST_P(DurationTest, Parses) {
    const auto duration = parse_duration(GetParam().text);
    EXPECT_EQ(duration ? std::optional(duration->count()) : std::nullopt, GetParam().millis);
}
constexpr DurationCase kDurations[] = {
    {"Milliseconds", "300ms", 300},
    {"Seconds", "30s", 30'000},
    {"Minutes", "5m", 300'000},
    {"Combined", "1h30m", 5'400'000},
    {"Days", "2d", 172'800'000},
    {"Everything", "1d2h3m4s5ms", 93'784'005},
    {"Fraction", "1.5s", 1500},
    {"FractionOfDay", "0.1d", 8'640'000},
    {"ExactTenths", "0.7s", 700},
    {"Zero", "0s", 0},
    {"MicrosecondsRoundUp", "1us", 1},
    {"NanosecondsAddUp", "999999ns", 1},
    {"WholeMicroseconds", "2000us", 2},
    {"TinyFractionIsNotZero", "0.00000000000000000000001s", 1},
    {"LongFractionOfZero", "0.00000000000000000000000s", 1},
    {"BareNumber", "30", std::nullopt},
    {"BareZero", "0", std::nullopt},
    {"Empty", "", std::nullopt},
    {"UnitOnly", "s", std::nullopt},
    {"UnknownUnit", "5y", std::nullopt},
    {"CapitalUnit", "5S", std::nullopt},
    {"Negative", "-5s", std::nullopt},
    {"Space", "5 s", std::nullopt},
    {"TrailingNumber", "5s3", std::nullopt},
    {"NoDigitsAfterPoint", "5.s", std::nullopt},
    {"NoDigitsBeforePoint", ".5s", std::nullopt},
    {"TooLong", "300000000h", std::nullopt},
    {"NumberTooLong", "99999999999999999999ns", std::nullopt},
    {"Longest", "106751d", 9'223'286'400'000},
};
INSTANTIATE_TEST_SUITE_P(Cases, DurationTest, testing::ValuesIn(kDurations),
                         [](const auto& c) { return c.param.name; });

TEST(DurationTextTest, IsReadBack) {
    const std::pair<std::int64_t, const char*> cases[] = {
        {0, "0s"},        {1, "1ms"},         {999, "999ms"},          {1000, "1s"},
        {1500, "1500ms"}, {90'000, "1m30s"},  {3'600'000, "1h"},       {3'601'000, "1h1s"},
        {600'000, "10m"}, {86'400'000, "1d"}, {90'061'000, "1d1h1m1s"}};
    for (const auto& [millis, text] : cases) {
        EXPECT_EQ(duration_text(milliseconds(millis)), text);
        EXPECT_EQ(parse_duration(text), milliseconds(millis));
    }
    EXPECT_EQ(duration_text(milliseconds(-90'000)), "-1m30s");
}

TEST(ByteSizeTest, ParsesBinaryAndDecimalUnits) {
    const std::pair<const char*, std::optional<std::size_t>> cases[] = {
        {"0", 0},
        {"512", 512},
        {"100B", 100},
        {"64KiB", 65'536},
        {"64kib", 65'536},
        {"64MiB", 67'108'864},
        {"10MB", 10'000'000},
        {"1GiB", 1'073'741'824},
        {"2TB", 2'000'000'000'000},
        {"", std::nullopt},
        {"MiB", std::nullopt},
        {"-1", std::nullopt},
        {"1.5MiB", std::nullopt},
        {"1 MiB", std::nullopt},
        {"1M", std::nullopt},
        {"99999999TiB", std::nullopt},
        {"99999999999999999999", std::nullopt}};
    for (const auto& [text, bytes] : cases) EXPECT_EQ(parse_byte_size(text), bytes) << text;
}

TEST(ParseInt64Test, TakesTheWholeRangeAndNothingElse) {
    EXPECT_EQ(parse_int64("9223372036854775807"), INT64_MAX);
    EXPECT_EQ(parse_int64("-9223372036854775808"), INT64_MIN);
    EXPECT_EQ(parse_int64("+5"), 5);
    for (const char* text :
         {"", "-", "+", "+-5", "--5", "5 ", " 5", "5.0", "9223372036854775808"}) {
        EXPECT_EQ(parse_int64(text), std::nullopt) << text;
    }
}

struct ClosestCase {
    const char *name, *wanted, *hint;
};
class ClosestTest : public testing::TestWithParam<ClosestCase> {};

TEST_P(ClosestTest, SuggestsTypingMistakesOnly) {
    const std::vector<std::string> known = {"analytics", "batchUpdate", "id", "timeout", "retry"};
    EXPECT_EQ(did_you_mean(GetParam().wanted, known), GetParam().hint);
}
constexpr ClosestCase kClosestCases[] = {
    {"MissingLetter", "analytcs", "did you mean 'analytics'?"},
    {"SwappedLetters", "tiemout", "did you mean 'timeout'?"},
    {"LetterCase", "BATCHUPDATE", "did you mean 'batchUpdate'?"},
    {"ExtraLetter", "retrry", "did you mean 'retry'?"},
    {"ShortName", "if", "did you mean 'id'?"},
    {"NothingClose", "connection", "known: analytics, batchUpdate, id, timeout, retry"},
    {"ShortNamesAreNotAllClose", "xy", "known: analytics, batchUpdate, id, timeout, retry"},
    {"Empty", "", "known: analytics, batchUpdate, id, timeout, retry"},
};
INSTANTIATE_TEST_SUITE_P(Cases, ClosestTest, testing::ValuesIn(kClosestCases),
                         [](const auto& c) { return c.param.name; });

TEST(ClosestTest, ListsAtMostTen) {
    std::vector<std::string> known;
    EXPECT_EQ(did_you_mean("x", known), "");
    for (int i = 10; i < 20; ++i) known.push_back("name" + std::to_string(i));
    EXPECT_EQ(did_you_mean("x", known),
              "known: name10, name11, name12, name13, name14, name15, name16, name17, name18, "
              "name19");
    known.emplace_back("name20");
    EXPECT_TRUE(did_you_mean("x", known).ends_with("name19, ..."));
    EXPECT_EQ(closest(std::string(1'000'000, 'x'), known), std::nullopt);
}

TEST(AsciiTest, TrimsAndLowers) {
    EXPECT_EQ(trim(" \t\r\n a b \v\f"), "a b");
    EXPECT_EQ(trim("  "), "");
    EXPECT_EQ(to_lower("ABC-xyz-\xC3\x84"), "abc-xyz-\xC3\x84");
    EXPECT_TRUE(equals_ignoring_case("Content-Type", "content-TYPE"));
    EXPECT_FALSE(equals_ignoring_case("a", "ab"));
    EXPECT_FALSE(equals_ignoring_case("[", "{"));
}

struct TemplateCase {
    const char *name, *text, *pieces;  ///< Slots in < >, each piece preceded by its offset.
};
class TemplateTest : public testing::TestWithParam<TemplateCase> {};

TEST_P(TemplateTest, SplitsAtSlots) {
    std::string pieces;
    try {
        for (const auto& [is_slot, offset, text] : split_template(GetParam().text, {})) {
            pieces += std::to_string(offset) + (is_slot ? "<" : "") + std::string(text) +
                      (is_slot ? ">" : "") + "|";
        }
    } catch (const Error& error) {
        pieces = render(error);
    }
    EXPECT_EQ(pieces, GetParam().pieces);
}
constexpr TemplateCase kTemplates[] = {
    {"Empty", "", ""},
    {"NoSlot", "plain } text {", "0plain } text {|"},
    {"OnlySlot", "{{ a }}", "2< a >|"},
    {"EmptySlot", "{{}}", "2<>|"},
    {"TextAround", "x {{a}} y", "0x |4<a>|7 y|"},
    {"Adjacent", "{{a}}{{b}}", "2<a>|7<b>|"},
    {"SingleQuotedBraces", "{{ '}}' }}z", "2< '}}' >|10z|"},
    {"DoubleQuotedBraces", R"({{ "}}" }})", R"(2< "}}" >|)"},
    {"BacktickBraces", "{{ `}}\\` }}", "2< `}}\\` >|"},
    {"EscapedQuote", R"({{ 'it\'s }}' }}z)", R"(2< 'it\'s }}' >|16z|)"},
    {"Object", "{{ {a: 1} }}", "2< {a: 1} >|"},
    {"NestedObjects", "{{ {a: {b: 1}} }}z", "2< {a: {b: 1}} >|17z|"},
    {"ObjectUpToTheEnd", "{{{a: {b: 1}}}}z", "2<{a: {b: 1}}>|15z|"},
    {"BracesInsideBrackets", "{{ f([{a: {}}]) }}", "2< f([{a: {}}]) >|"},
    {"LoneClosingBraceInSlot", "{{ a } }}", "2< a } >|"},
    {"ClosingWithoutOpening", "a }} b", "0a }} b|"},
    {"LineBreaks", "a\n{{ b\n }}\n", "0a\n|4< b\n >|10\n|"},
    {"Unclosed", "ab {{ c", "<expression>:1:4: '{{' is never closed by '}}' [EXPRESSION_SYNTAX]"},
    {"UnclosedSecond", "{{a}} {{ b }",
     "<expression>:1:7: '{{' is never closed by '}}' [EXPRESSION_SYNTAX]"},
    {"UnclosedString", "{{ 'a }}",
     "<expression>:1:1: '{{' is never closed by '}}' [EXPRESSION_SYNTAX]"},
    {"UnclosedObject", "{{ {a: 1 }}",
     "<expression>:1:1: '{{' is never closed by '}}' [EXPRESSION_SYNTAX]"},
    {"BackslashAtEnd", "{{ 'a\\",
     "<expression>:1:1: '{{' is never closed by '}}' [EXPRESSION_SYNTAX]"},
};
INSTANTIATE_TEST_SUITE_P(Cases, TemplateTest, testing::ValuesIn(kTemplates),
                         [](const auto& c) { return c.param.name; });

TEST(TemplateTest, HasSlotSeesTheOpening) {
    EXPECT_TRUE(has_slot("a {{ b"));
    EXPECT_FALSE(has_slot("a { b }}"));
}

TEST(UtcTextTest, PrintsIso8601) {
    const std::chrono::system_clock::time_point time{milliseconds(1'769'851'800'123)};
    EXPECT_EQ(utc_text(time), "2026-01-31T09:30:00Z");
    EXPECT_EQ(utc_text(time, true), "2026-01-31T09:30:00.123Z");
    const std::chrono::system_clock::time_point before_epoch{milliseconds(-1)};
    EXPECT_EQ(utc_text(before_epoch, true), "1969-12-31T23:59:59.999Z");
}

TEST(UuidTextTest, PutsVersionAndVariantIntoTheBits) {
    std::array<unsigned char, 16> bits{};
    EXPECT_EQ(uuid_text(bits), "00000000-0000-4000-8000-000000000000");
    bits.fill(0xFF);
    EXPECT_EQ(uuid_text(bits), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(CodePointTest, IsDecodedAsItIsAppended) {
    for (const char32_t code : {0x0U, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
        std::string text;
        append_utf8(text, code);
        EXPECT_EQ(utf8_sequence(text), text.size());
        EXPECT_EQ(decode_utf8(text), code);
    }
}

TEST(DigitsTest, AreReadOneByOneOrCutOff) {
    EXPECT_EQ(hex_digit('9'), 9);
    EXPECT_EQ(hex_digit('a'), 10);
    EXPECT_EQ(hex_digit('F'), 15);
    EXPECT_EQ(hex_digit('g'), -1);
    EXPECT_EQ(hex_digit('\0'), -1);
    std::string_view text = "0120s";
    EXPECT_EQ(take_digits(text), "0120");
    EXPECT_EQ(text, "s");
    EXPECT_EQ(take_digits(text), "");
}

TEST(RandomUuidTest, HasVersionFourAndDiffers) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string uuid = random_uuid();
        ASSERT_EQ(uuid.size(), 36U);
        EXPECT_EQ(uuid[8], '-');
        EXPECT_EQ(uuid[14], '4');
        EXPECT_NE(std::string_view("89ab").find(uuid[19]), std::string_view::npos);
        seen.insert(uuid);
    }
    EXPECT_EQ(seen.size(), 1000U);
}

TEST(DeadlineTest, CountsDownToZero) {
    const SteadyTime now{std::chrono::hours(1)};
    const Deadline deadline = Deadline::after(milliseconds(5), now);
    EXPECT_EQ(deadline.remaining(now), milliseconds(5));
    EXPECT_EQ(deadline.remaining(now + std::chrono::microseconds(4001)), milliseconds(1));
    EXPECT_EQ(deadline.remaining(now + milliseconds(9)), milliseconds(0));
    EXPECT_FALSE(deadline.is_expired(now + std::chrono::microseconds(4999)));
    EXPECT_TRUE(deadline.is_expired(now + milliseconds(5)));
    EXPECT_EQ(Deadline::never().remaining(now), std::nullopt);
    EXPECT_TRUE(Deadline::after(std::chrono::nanoseconds::max(), now).is_never());
    EXPECT_EQ(deadline.earlier(Deadline::never()), deadline);
    EXPECT_EQ(Deadline::never().earlier(deadline), deadline);
}

TEST(ClockTest, SteadyClockMovesForward) {
    const SteadyTime before = std::chrono::steady_clock::now();
    EXPECT_GE(steady_clock().now(), before);
}

TEST(NullSinkTest, WantsNothing) {
    EXPECT_FALSE(null_sink().wants(LogLevel::Error));
    null_sink().emit(Notice{LogLevel::Error, "test", "dropped"});
}

}  // namespace kdeps
