#include "kdeps/base/json.hpp"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/value.hpp"

#include "support/tables.hpp"

namespace kdeps {

namespace {

using test::make_table;

std::string error_of(std::string_view text, JsonLimits limits = {}) {
    try {
        return "no error: " + to_json(parse_json(text, limits));
    } catch (const Error& error) {
        return render(error);
    }
}

}  // namespace

struct JsonCase {
    std::string name, text, written;
};
class JsonRoundTripTest : public testing::TestWithParam<JsonCase> {};

TEST_P(JsonRoundTripTest, Writes) {
    EXPECT_EQ(to_json(parse_json(GetParam().text)), GetParam().written);
}
const JsonCase kRoundTrips[] = {
    {"Null", " null ", "null"},
    {"True", "true", "true"},
    {"EmptyList", "[ ]", "[]"},
    {"EmptyObject", "{ }", "{}"},
    {"Nested", R"({"b":[1,{"a":null}],"a":{"c":[]}})", R"({"b":[1,{"a":null}],"a":{"c":[]}})"},
    {"Int64Bounds", "[9223372036854775807,-9223372036854775808]",
     "[9223372036854775807,-9223372036854775808]"},
    {"Uint64", "18446744073709551615", "18446744073709551615"},
    {"BeyondUint64", "184467440737095516150", "184467440737095516150"},
    {"MinusZero", "-0", "0"},
    {"FractionKeepsZeros", "19.90", "19.90"},
    {"ManyDigits", "0.12345678901234567890123456789012345678901234567890",
     "0.12345678901234567890123456789012345678901234567890"},
    {"ExponentBecomesDigits", "[1e3,1.5E-3]", "[1000,0.0015]"},
    {"BeyondDouble", "1e400", "1" + std::string(400, '0')},
    {"BelowDouble", "1e-400", "0." + std::string(399, '0') + "1"},
    {"LastOfRepeatedKeysInFirstPlace", R"({"a":1,"b":2,"a":3})", R"({"a":3,"b":2})"},
    {"Escapes", R"("\"\\\/\b\f\n\r\t")", R"("\"\\/\b\f\n\r\t")"},
    {"UnicodeEscape", R"("\u00e4\u20ac")", "\"\xC3\xA4\xE2\x82\xAC\""},
    {"SurrogatePair", R"("\ud83d\ude00")", "\"\xF0\x9F\x98\x80\""},
    {"EscapedNul", R"("a\u0000b")", R"("a\u0000b")"},
    {"ControlCharacter", R"("\u001f\u007f")", "\"\\u001f\x7F\""},
    {"LongTextWithSpecials", R"("0123456789\"0123456789\\0123456789")",
     R"("0123456789\"0123456789\\0123456789")"},
    {"KeysAreEscaped", R"({"a\"b\n":1})", R"({"a\"b\n":1})"},
    {"ByteOrderMark", "\xEF\xBB\xBF[1]", "[1]"},
};
INSTANTIATE_TEST_SUITE_P(Cases, JsonRoundTripTest, testing::ValuesIn(kRoundTrips),
                         [](const auto& c) { return c.param.name; });

TEST(JsonParseTest, NumbersHaveTheirKind) {
    EXPECT_EQ(parse_json("1").kind(), Kind::Int);
    EXPECT_EQ(parse_json("1.0").kind(), Kind::Decimal);
    EXPECT_EQ(parse_json("1e2").kind(), Kind::Decimal);
    EXPECT_EQ(parse_json("18446744073709551615").kind(), Kind::Decimal);
}

class JsonErrorTest : public testing::TestWithParam<JsonCase> {};

TEST_P(JsonErrorTest, SaysWhatWasFoundWhere) {
    EXPECT_EQ(error_of(GetParam().text), GetParam().written + " [BAD_REQUEST]");
}
const JsonCase kErrors[] = {
    {"Empty", "",
     "invalid JSON at line 1, column 1: unexpected end of input; expected '[', '{', or a literal"},
    {"Cut", R"({"a":)",
     "invalid JSON at line 1, column 6: unexpected end of input; expected '[', '{', or a literal"},
    {"CutString", R"("abc)",
     "invalid JSON at line 1, column 5: invalid string: missing closing quote"},
    {"Word", "[1,\n  hello]", "invalid JSON at line 2, column 3: invalid literal"},
    {"TrailingComma", "[1,]",
     "invalid JSON at line 1, column 4: unexpected ']'; expected '[', '{', or a literal"},
    {"TrailingText", "1 2",
     "invalid JSON at line 1, column 3: unexpected number literal; expected end of input"},
    {"MissingColon", R"({"a" 1})",
     "invalid JSON at line 1, column 6: unexpected number literal; expected ':'"},
    {"SingleQuotes", "{'a':1}",
     "invalid JSON at line 1, column 2: invalid literal; expected string literal"},
    {"LeadingZero", "01",
     "invalid JSON at line 1, column 2: unexpected number literal; expected end of input"},
    {"NotANumber", "NaN", "invalid JSON at line 1, column 1: invalid literal"},
    {"LineBreakInString", "\"a\nb\"",
     "invalid JSON at line 1, column 3: invalid string: control character U+000A (LF) must be "
     "escaped to \\u000A or \\n"},
    {"InvalidUtf8", "\"a\xFF\"",
     "invalid JSON at line 1, column 3: invalid string: ill-formed UTF-8 byte"},
    {"OverlongUtf8", "\"\xC0\xAF\"",
     "invalid JSON at line 1, column 2: invalid string: ill-formed UTF-8 byte"},
    {"LoneSurrogate", R"("\ud800x")",
     "invalid JSON at line 1, column 8: invalid string: surrogate U+D800..U+DBFF must be followed "
     "by U+DC00..U+DFFF"},
    {"BadEscape", R"("\x41")",
     "invalid JSON at line 1, column 3: invalid string: forbidden character after backslash"},
    {"ColumnCountsCodePoints", "[\"\xC3\xA4\xC3\xA4\", x]",
     "invalid JSON at line 1, column 8: invalid literal"},
    {"HugeExponent", "1e999999999", "invalid JSON at line 1, column 11: number out of range"},
    {"HugeNegativeExponent", "[1e-999999999]",
     "invalid JSON: its exponents stand for too many digits"},
    {"ManyDigits", "1." + std::string(200'001, '1'),
     "invalid JSON: a number has more than 200,000 digits"},
};
INSTANTIATE_TEST_SUITE_P(Cases, JsonErrorTest, testing::ValuesIn(kErrors),
                         [](const auto& c) { return c.param.name; });

TEST(JsonParseTest, ExponentsTogetherAreBounded) {
    std::string body = "[1e-199990";
    for (int i = 0; i < 10; ++i) body += ",1e-199990";
    EXPECT_EQ(error_of(body + "]"),
              "invalid JSON: its exponents stand for too many digits [BAD_REQUEST]");
    EXPECT_EQ(parse_json("[1e300, 1e-300, 1e0, -1E+2]").size(), 4);
}

TEST(JsonParseTest, DepthIsBounded) {
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    EXPECT_EQ(to_json(parse_json(nested(100))), nested(100));
    EXPECT_EQ(error_of(nested(101)), "invalid JSON: nested deeper than 100 levels [BAD_REQUEST]");
    EXPECT_EQ(error_of(std::string(1'000'000, '[')),
              "invalid JSON: nested deeper than 100 levels [BAD_REQUEST]");
    EXPECT_EQ(error_of(R"({"a":[1]})", {.max_depth = 1}),
              "invalid JSON: nested deeper than 1 levels [BAD_REQUEST]");
}

TEST(JsonParseTest, NumbersOfTooManyDigitsAreRefused) {
    const std::string digits(250'000, '1');
    EXPECT_EQ(error_of("0." + digits),
              "invalid JSON: a number has more than 200,000 digits [BAD_REQUEST]");
}

struct WriteCase {
    const char* name;
    Value value;
    const char* written;
};
class JsonWriteTest : public testing::TestWithParam<WriteCase> {};

TEST_P(JsonWriteTest, Writes) {
    EXPECT_EQ(to_json(GetParam().value), GetParam().written);
}
const WriteCase kWrites[] = {
    {"WholeDouble", 3.0, "3.0"},
    {"Fraction", 0.1, "0.1"},
    {"NegativeZero", -0.0, "-0.0"},
    {"Million", 1e6, "1000000.0"},
    {"LargestPlain", 123456789012345680000.0, "123456789012345683968.0"},
    {"Exponent", 1e21, "1e+21"},
    {"SmallestPlain", 1e-6, "0.000001"},
    {"SmallExponent", 1.5e-7, "1.5e-07"},
    {"NotANumber", std::numeric_limits<double>::quiet_NaN(), R"("NaN")"},
    {"Infinity", std::numeric_limits<double>::infinity(), R"("Infinity")"},
    {"MinusInfinity", -std::numeric_limits<double>::infinity(), R"("-Infinity")"},
    {"Bytes", Bytes{std::string("\0\xFF\x10", 3)}, R"("AP8Q")"},
    {"Timestamp", Temporal{Kind::TimestampTz, "2026-01-31T09:30:00Z"}, R"("2026-01-31T09:30:00Z")"},
    {"InvalidUtf8", std::string("a\xFF\xC3(\xE2\x82"),
     "\"a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\""},
    {"SurrogateBytes", std::string("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
    {"NulByte", std::string("a\0b", 3), R"("a\u0000b")"},
};
INSTANTIATE_TEST_SUITE_P(Cases, JsonWriteTest, testing::ValuesIn(kWrites),
                         [](const auto& c) { return c.param.name; });

TEST(JsonWriteTest, TableIsAnArrayOfObjects) {
    const auto table =
        make_table({"id", "na\"me", "big", "price", "ratio", "data", "doc", "at", "ok"},
                   {{{CellType::Int, "1"},
                     {CellType::Text, "a\nb"},
                     {CellType::Int, "18446744073709551615"},
                     {CellType::Decimal, "19.90"},
                     {CellType::Double, "1e+20"},
                     {CellType::Bytes, std::string("\0\1", 2)},
                     {CellType::Json, R"({"x": [1]})"},
                     {CellType::Date, "2026-01-31"},
                     {CellType::Bool, "true"}},
                    {{CellType::Null},
                     {CellType::Text, ""},
                     {CellType::Null},
                     {CellType::Decimal, "NaN"},
                     {CellType::Double, "-Infinity"},
                     {CellType::Bytes, ""},
                     {CellType::Json, "null"},
                     {CellType::Null},
                     {CellType::Bool, "false"}}});
    const std::string row0 =
        R"({"id":1,"na\"me":"a\nb","big":18446744073709551615,"price":19.90,"ratio":1e+20,)"
        R"("data":"AAE=","doc":{"x": [1]},"at":"2026-01-31","ok":true})";
    const std::string row1 =
        R"({"id":null,"na\"me":"","big":null,"price":"NaN","ratio":"-Infinity","data":"",)"
        R"("doc":null,"at":null,"ok":false})";
    EXPECT_EQ(to_json(TableRef{table}), "[" + row0 + "," + row1 + "]");
    EXPECT_EQ(to_json(TableRef{table, TableFormat::Csv}), "[" + row0 + "," + row1 + "]");
    EXPECT_EQ(to_json(RowRef{table, 1}), row1);
}

TEST(JsonWriteTest, EmptyTablesAreEmptyArrays) {
    EXPECT_EQ(to_json(TableRef{make_table({"id"}, {})}), "[]");
    EXPECT_EQ(to_json(TableRef{make_table({}, {})}), "[]");
}

TEST(JsonWriteTest, ResponsesShowFormattedTablesAsText) {
    const auto table = make_table({"a"}, {{{CellType::Int, "1"}}});
    const Value value = Object{{"csv", TableRef{table, TableFormat::Csv}},
                               {"list", Value::List{TableRef{table, TableFormat::Text}}},
                               {"rows", TableRef{table}}};
    std::string text;
    write_response_json(value, text);
    EXPECT_EQ(text, R"({"csv":"a\r\n1\r\n","list":["a\n-\n1\n"],"rows":[{"a":1}]})");
}

TEST(JsonWriteTest, IndentsEveryElement) {
    const auto table = make_table({"a"}, {{{CellType::Json, "[1]"}}});
    const Value value =
        Object{{"list", Value::List{1, Object{}}}, {"none", Value::List{}}, {"t", TableRef{table}}};
    std::string text = "> ";
    write_json_indented(value, text);
    EXPECT_EQ(text, R"(> {
  "list": [
    1,
    {}
  ],
  "none": [],
  "t": [
    {
      "a": [
        1
      ]
    }
  ]
})");
}

/// What the conversion was charged, all in all, and in how many parts.
struct Bill {
    std::size_t bytes = 0;
    int parts = 0;
    Charge charge = [this](std::size_t more) {
        bytes += more;
        ++parts;
    };
};

TEST(ChargeTest, HearsOfEveryByteThatIsWritten) {
    const auto rows = test::make_table({"id", "name"}, {{{CellType::Int, "1"}, {CellType::Null}}});
    const Value values[] = {"text",
                            7,
                            Value::List(50'000, Object{{"a", "b\n"}}),
                            std::string(1'000'000, '\x01'),
                            TableRef{rows},
                            TableRef{rows, TableFormat::Csv}};
    for (const Value& value : values) {
        Bill json;
        std::string out = "before";
        write_json(value, out, json.charge);
        EXPECT_EQ(json.bytes, out.size() - 6);
        EXPECT_GE(json.parts, static_cast<int>(json.bytes / 200'000));
        Bill indented;
        out.clear();
        write_json_indented(value, out, 2, indented.charge);
        EXPECT_EQ(indented.bytes, out.size());
        Bill text;
        out.clear();
        write_text(value, out, text.charge);
        EXPECT_GE(text.bytes, out.size());
        EXPECT_EQ(out, to_text(value));
    }
}

TEST(ChargeTest, HearsOfParsedValuesBeforeTheyAreMany) {
    Bill bill;
    const Value list = parse_json("[[],[],[],1,\"text\",{\"a\":1.5}]", {}, bill.charge);
    EXPECT_GE(bill.bytes, 8 * sizeof(Value));
    std::size_t left = 1'000'000;
    const Charge refuses = [&](std::size_t bytes) {
        if (bytes > left) throw Error(ErrorCode::ExpressionFailed, "enough");
        left -= bytes;
    };
    std::string many = "[0";
    for (int i = 0; i < 1'000'000; ++i) many += ",0";
    EXPECT_THROW((void)parse_json(many + "]", {}, refuses), Error);
}

TEST(JsonWriteTest, AppendsToWhatIsThere) {
    std::string text = "x=";
    write_json_string("a\"b", text);
    text += ';';
    write_json(Value::List{1, 2}, text);
    EXPECT_EQ(text, R"(x="a\"b";[1,2])");
}

namespace {

/// Random values whose JSON reads back as the same value.
class RandomValues {
 public:
    explicit RandomValues(std::uint64_t seed) : random_(seed) {}

    Value next(int depth) {
        switch (random_() % (depth > 0 ? 8 : 6)) {
            case 0:
                return nullptr;
            case 1:
                return random_() % 2 == 0;
            case 2:
                return static_cast<std::int64_t>(random_());
            case 3:
                return Value::from_unsigned(random_());
            case 4:
                return *Decimal::parse(std::to_string(random_()) + "." + std::to_string(random_()));
            case 5:
                return text();
            case 6:
                return list(depth);
            default:
                return object(depth);
        }
    }

 private:
    std::string text() {
        static const std::string pieces[] = {"a",
                                             "\"",
                                             "\\",
                                             "\n",
                                             std::string(1, '\0'),
                                             "\x1F",
                                             "\xC3\xA4",
                                             "\xE2\x82\xAC",
                                             "\xF0\x9F\x98\x80",
                                             "plain text of some length",
                                             "\x7F",
                                             "</script>"};
        std::string all;
        for (std::size_t i = random_() % 12; i > 0; --i)
            all += pieces[random_() % std::size(pieces)];
        return all;
    }
    Value list(int depth) {
        Value::List items;
        for (std::size_t i = random_() % 5; i > 0; --i) items.push_back(next(depth - 1));
        return items;
    }
    Value object(int depth) {
        Object members;
        for (std::size_t i = random_() % 30; i > 0; --i) members.set(text(), next(depth - 1));
        return members;
    }
    std::mt19937_64 random_;
};

}  // namespace

TEST(JsonPropertyTest, WhatIsWrittenReadsBackEqual) {
    RandomValues values(42);
    for (int i = 0; i < 200; ++i) {
        const Value value = values.next(4);
        const std::string text = to_json(value);
        const Value read = parse_json(text);
        EXPECT_TRUE(read == value) << text;
        EXPECT_EQ(to_json(read), text);
        std::string indented;
        write_json_indented(value, indented);
        EXPECT_TRUE(parse_json(indented) == value) << indented;
    }
}

TEST(JsonPropertyTest, DamagedTextNeverPassesTheParserOtherwiseThanAsError) {
    RandomValues values(43);
    std::mt19937_64 random(44);
    for (int i = 0; i < 1000; ++i) {
        std::string text = to_json(values.next(3));
        const std::size_t at = random() % text.size();
        text[at] = static_cast<char>(random());
        if (random() % 3 == 0) text.resize(at);
        try {
            const std::string again = to_json(parse_json(text));
            EXPECT_EQ(to_json(parse_json(again)), again);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::BadRequest) << text;
        }
    }
}

TEST(JsonPropertyTest, DoublesReadBackExactly) {
    std::mt19937_64 random(45);
    for (int i = 0; i < 20000; ++i) {
        const double number = std::bit_cast<double>(random());
        if (!std::isfinite(number)) continue;
        const std::string text = double_text(number);
        EXPECT_EQ(std::strtod(text.c_str(), nullptr), number) << text;
        EXPECT_NE(text.find_first_of(".e"), std::string::npos) << text;
    }
}

struct Base64Case {
    const char *name, *bytes, *text;
};
class Base64Test : public testing::TestWithParam<Base64Case> {};

TEST_P(Base64Test, EncodesAndDecodes) {
    EXPECT_EQ(base64_encode(GetParam().bytes), GetParam().text);
    EXPECT_EQ(base64_decode(GetParam().text), GetParam().bytes);
}
// RFC 4648, section 10.
constexpr Base64Case kBase64Cases[] = {
    {"Empty", "", ""},
    {"One", "f", "Zg=="},
    {"Two", "fo", "Zm8="},
    {"Three", "foo", "Zm9v"},
    {"Four", "foob", "Zm9vYg=="},
    {"Five", "fooba", "Zm9vYmE="},
    {"Six", "foobar", "Zm9vYmFy"},
};
INSTANTIATE_TEST_SUITE_P(Cases, Base64Test, testing::ValuesIn(kBase64Cases),
                         [](const auto& c) { return c.param.name; });

TEST(Base64Test, KeepsEveryByte) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
}

TEST(Base64Test, RefusesOtherText) {
    for (const char* text :
         {"Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v\n", "Zm9_", "=m9v", "Zm=v"}) {
        EXPECT_EQ(base64_decode(text), std::nullopt) << text;
    }
}

}  // namespace kdeps
