#include "kdeps/base/table.hpp"

#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/base/value.hpp"

#include "support/tables.hpp"

namespace kdeps {

namespace {

using test::make_table;

std::string written(const Table& table, TableFormat format) {
    std::string text;
    write_table(table, format, text);
    return text;
}

std::string csv_cell(CellType type, const std::string& text) {
    return written(*make_table({"c"}, {{{type, text}}}), TableFormat::Csv).substr(3);
}

TEST(ResultMemoryTest, SharesAreCountedTogetherAndGivenBack) {
    const std::size_t before = ResultMemory::total();
    {
        ResultMemory first;
        ResultMemory second;
        EXPECT_TRUE(first.grow_to(kMaxResultMemory - before - 100));
        EXPECT_FALSE(second.grow_to(101));
        EXPECT_EQ(second.held(), 0U);
        EXPECT_TRUE(second.grow_to(100));
        const ResultMemory moved = std::move(first);
        EXPECT_EQ(ResultMemory::total(), kMaxResultMemory);
    }
    EXPECT_EQ(ResultMemory::total(), before);
}

TEST(ResultMemoryTest, FinishedTableHoldsNoMoreThanItsSize) {
    const std::size_t before = ResultMemory::total();
    TableBuilder builder;
    builder.add_column("id");
    builder.append_int(1);
    const auto table = builder.finish();
    EXPECT_EQ(ResultMemory::total() - before, table->byte_size());
}

}  // namespace

struct CellCase {
    const char* name;
    CellType type;
    const char* text;
    Kind kind;
    const char* shown;
};
class TableValueTest : public testing::TestWithParam<CellCase> {};

TEST_P(TableValueTest, HasTheKindOfItsCell) {
    const auto& c = GetParam();
    const auto table = make_table({"c"}, {{{c.type, c.text}}});
    const Value value = table->value(0, 0);
    EXPECT_EQ(kind_name(value.kind()), kind_name(c.kind));
    EXPECT_EQ(to_text(value), c.shown);
    EXPECT_EQ(table->cell(0, 0).text, c.text);
}
constexpr CellCase kCells[] = {
    {"Null", CellType::Null, "", Kind::Null, ""},
    {"True", CellType::Bool, "true", Kind::Bool, "true"},
    {"False", CellType::Bool, "false", Kind::Bool, "false"},
    {"LargestInt", CellType::Int, "9223372036854775807", Kind::Int, "9223372036854775807"},
    {"SmallestInt", CellType::Int, "-9223372036854775808", Kind::Int, "-9223372036854775808"},
    {"UnsignedInt", CellType::Int, "18446744073709551615", Kind::Decimal, "18446744073709551615"},
    {"Decimal", CellType::Decimal, "19.90", Kind::Decimal, "19.90"},
    {"DecimalNotANumber", CellType::Decimal, "NaN", Kind::String, "NaN"},
    {"Double", CellType::Double, "1e+20", Kind::Double, "100000000000000000000.0"},
    {"WholeDouble", CellType::Double, "3", Kind::Double, "3.0"},
    {"NotANumber", CellType::Double, "NaN", Kind::Double, "NaN"},
    {"Infinity", CellType::Double, "Infinity", Kind::Double, "Infinity"},
    {"MinusInfinity", CellType::Double, "-Infinity", Kind::Double, "-Infinity"},
    {"Text", CellType::Text, "a b", Kind::String, "a b"},
    {"EmptyText", CellType::Text, "", Kind::String, ""},
    {"Bytes", CellType::Bytes, "\xFF\x01", Kind::Bytes, "/wE="},
    {"Date", CellType::Date, "2026-01-31", Kind::Date, "2026-01-31"},
    {"Time", CellType::Time, "09:30:00", Kind::Time, "09:30:00"},
    {"Timestamp", CellType::Timestamp, "2026-01-31T09:30:00", Kind::Timestamp,
     "2026-01-31T09:30:00"},
    {"TimestampTz", CellType::TimestampTz, "2026-01-31T09:30:00Z", Kind::TimestampTz,
     "2026-01-31T09:30:00Z"},
    {"JsonObject", CellType::Json, "{\"a\": [1, 2.50]}", Kind::Object, "{\"a\":[1,2.50]}"},
    {"JsonNull", CellType::Json, "null", Kind::Null, ""},
};
INSTANTIATE_TEST_SUITE_P(Cases, TableValueTest, testing::ValuesIn(kCells),
                         [](const auto& c) { return c.param.name; });

TEST(TableValueTest, JsonThatIsTooDeepStaysText) {
    const std::string deep = std::string(1001, '[') + std::string(1001, ']');
    EXPECT_EQ(make_table({"c"}, {{{CellType::Json, deep}}})->value(0, 0).kind(), Kind::String);
}

TEST(TableTest, CellsEndWhereTheNextBegins) {
    const auto table = make_table({"a", "b"}, {{{CellType::Text, "one"}, {CellType::Null}},
                                               {{CellType::Text, ""}, {CellType::Text, "last"}}});
    EXPECT_EQ(table->row_count(), 2U);
    EXPECT_EQ(table->cell(0, 0).text, "one");
    EXPECT_EQ(table->cell(0, 1).type, CellType::Null);
    EXPECT_EQ(table->cell(0, 1).text, "");
    EXPECT_EQ(table->cell(1, 0).text, "");
    EXPECT_EQ(table->cell(1, 1).text, "last");
    EXPECT_EQ(table->column_index("b"), 1U);
    EXPECT_EQ(table->column_index("c"), std::nullopt);
}

TEST(TableTest, WithoutColumnsThereAreNoRows) {
    EXPECT_EQ(make_table({}, {})->row_count(), 0U);
    EXPECT_EQ(make_table({"a"}, {})->row_count(), 0U);
}

TEST(RowSinkTest, GetsWhatATableWouldPrint) {
    class Lines final : public RowSink {
     public:
        void add_column(std::string name) override { text += name + ' '; }
        void append(CellType, std::string_view cell) override { (text += cell) += ' '; }
        void end_row() override { text += '\n'; }
        void set_truncated() override { text += "..."; }
        std::string text;
    } lines;
    RowSink& sink = lines;
    sink.add_column("n");
    sink.append_int(-12);
    sink.append_double(0.1);
    sink.append_float(0.1F);
    sink.append_null();
    sink.end_row();
    sink.set_truncated();
    EXPECT_EQ(lines.text, "n -12 0.1 0.1  \n...");
}

TEST(TableBuilderTest, RepeatedNamesGetNumbers) {
    TableBuilder builder;
    for (const char* name : {"id", "id_2", "id", "id", ""}) builder.add_column(name);
    builder.add_column("");
    EXPECT_EQ(builder.renamed_columns(), (std::vector<std::string>{"id_3", "id_4", "_2"}));
    const auto table = builder.finish();
    std::string names;
    for (const Column& column : table->columns()) names += column.name + "|";
    EXPECT_EQ(names, "id|id_2|id_3|id_4||_2|");
}

TEST(TableBuilderTest, RealNamesAreNeverTaken) {
    TableBuilder builder;
    for (const char* name : {"a", "a", "a_2", "a", "a_3", "a_2"}) builder.add_column(name);
    EXPECT_EQ(builder.renamed_columns(), (std::vector<std::string>{"a_5", "a_4", "a_2_2"}));
    const auto table = builder.finish();
    std::string names;
    for (const Column& column : table->columns()) names += column.name + "|";
    EXPECT_EQ(names, "a|a_5|a_2|a_4|a_3|a_2_2|");
}

TEST(TableTest, JsonScalarsAreValuesThatRememberWhatTheyWere) {
    TableBuilder builder;
    builder.add_column("j");
    for (const char* json : {"\"5\"", "null", "true", "{\"a\":\"b\"}"}) {
        builder.append(CellType::Json, json);
    }
    builder.append_null();
    const auto table = builder.finish();
    EXPECT_EQ(table->value(0, 0), Value("5"));
    EXPECT_TRUE(table->value(1, 0).is_null());
    EXPECT_EQ(table->value(2, 0), Value(true));
    for (std::size_t row = 0; row < 3; ++row) EXPECT_TRUE(table->value(row, 0).is_json());
    EXPECT_FALSE(table->value(3, 0).member("a")->is_json());
    EXPECT_FALSE(table->value(4, 0).is_json());
    EXPECT_EQ(to_json(table->value(0, 0)), "\"5\"");
    EXPECT_EQ(to_text(table->value(0, 0)), "5");
}

TEST(TableBuilderTest, NumbersPrintShortest) {
    TableBuilder builder;
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) builder.add_column(name);
    builder.append_int(INT64_MIN);
    builder.append_double(0.1);
    builder.append_float(0.1F);
    builder.append_double(3);
    builder.append_float(16777216.0F);
    builder.append_double(-INFINITY);
    EXPECT_EQ(builder.cell_count(), 6U);
    EXPECT_EQ(to_json(TableRef{builder.finish()}),
              R"([{"a":-9223372036854775808,"b":0.1,"c":0.1,"d":3.0,"e":16777216.0,)"
              R"("f":"-Infinity"}])");
}

TEST(TableBuilderTest, MemoryIsBounded) {
    TableBuilder builder(100);
    builder.add_column("a");
    builder.append(CellType::Text, std::string(84, 'x'));  // with its cell 92 bytes
    builder.append_null();
    try {
        builder.append_null();
        FAIL() << "108 bytes fit in 100";
    } catch (const Error& error) {
        EXPECT_EQ(render(error),
                  "the result is larger than maxResultBytes (100 bytes) [RESULT_TOO_LARGE]\n"
                  "  hint: read fewer rows or columns, or raise maxResultBytes");
    }
    TableBuilder other(100);
    EXPECT_THROW(other.append(CellType::Text, std::string(93, 'x')), Error);
}

TEST(TableBuilderTest, ReservedRoomIsNoMemoryOfTheTable) {
    const std::size_t before = ResultMemory::total();
    TableBuilder builder(100);
    builder.add_column("text");
    builder.reserve(1000, 10'000);
    builder.append(CellType::Text, "one");
    builder.append(CellType::Text, "two");
    EXPECT_THROW(builder.append(CellType::Text, std::string(100, 'x')), Error);
    const auto table = builder.finish();
    EXPECT_EQ(table->cell(1, 0).text, "two");
    EXPECT_EQ(ResultMemory::total() - before, table->byte_size());
}

TEST(TableBuilderTest, TruncationIsKept) {
    TableBuilder builder;
    builder.set_truncated();
    EXPECT_TRUE(builder.finish()->is_truncated());
    EXPECT_FALSE(make_table({}, {})->is_truncated());
}

TEST(CsvTest, HeaderAlwaysAndCrLf) {
    EXPECT_EQ(written(*make_table({"id", "na,me", ""}, {}), TableFormat::Csv),
              "id,\"na,me\",\"\"\r\n");
    EXPECT_EQ(written(*make_table({}, {}), TableFormat::Csv), "");
    EXPECT_EQ(written(*make_table({"a", "b"}, {{{CellType::Int, "1"}, {CellType::Null}},
                                               {{CellType::Null}, {CellType::Text, ""}}}),
                      TableFormat::Csv),
              "a,b\r\n1,\r\n,\"\"\r\n");
}

TEST(CsvTest, QuotesWhereReadersWouldMisread) {
    EXPECT_EQ(csv_cell(CellType::Text, "plain text"), "plain text\r\n");
    EXPECT_EQ(csv_cell(CellType::Text, "a,b"), "\"a,b\"\r\n");
    EXPECT_EQ(csv_cell(CellType::Text, "say \"hi\""), "\"say \"\"hi\"\"\"\r\n");
    EXPECT_EQ(csv_cell(CellType::Text, "a\nb"), "\"a\nb\"\r\n");
    EXPECT_EQ(csv_cell(CellType::Text, "a\rb"), "\"a\rb\"\r\n");
    EXPECT_EQ(csv_cell(CellType::Text, " a"), "\" a\"\r\n");
    EXPECT_EQ(csv_cell(CellType::Text, "a "), "\"a \"\r\n");
    EXPECT_EQ(csv_cell(CellType::Bytes, "\xFF"), "/w==\r\n");
    EXPECT_EQ(csv_cell(CellType::Bytes, ""), "\"\"\r\n");
    EXPECT_EQ(csv_cell(CellType::Json, R"({"a":1})"), "\"{\"\"a\"\":1}\"\r\n");
    EXPECT_EQ(csv_cell(CellType::Decimal, "19.90"), "19.90\r\n");
}

TEST(PlainTextTest, AlignsColumns) {
    const auto table = make_table(
        {"id", "name", "total"},
        {{{CellType::Int, "1"}, {CellType::Text, "\xC3\x84nne"}, {CellType::Decimal, "19.90"}},
         {{CellType::Int, "250"}, {CellType::Text, "a\tb\nc\x1B[0m"}, {CellType::Null}}});
    EXPECT_EQ(written(*table, TableFormat::Text),
              " id  name              total\n"
              "---  ----------------  -----\n"
              "  1  \xC3\x84nne              19.90\n"
              "250  a\\tb\\nc\\u001b[0m\n");
}

TEST(PlainTextTest, EmptyTables) {
    EXPECT_EQ(written(*make_table({"id", "name"}, {}), TableFormat::Text), "id  name\n--  ----\n");
    EXPECT_EQ(written(*make_table({}, {}), TableFormat::Text), "");
}

}  // namespace kdeps
