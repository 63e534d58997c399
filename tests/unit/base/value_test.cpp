#include "kdeps/base/value.hpp"

#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "kdeps/base/json.hpp"

#include "support/tables.hpp"

namespace kdeps {

namespace {

using test::make_table;

Value dec(const char* text) {
    return *Decimal::parse(text);
}

std::shared_ptr<const Table> two_rows() {
    return make_table({"id", "name"}, {{{CellType::Int, "1"}, {CellType::Text, "a"}},
                                       {{CellType::Int, "2"}, {CellType::Null}}});
}

TEST(ValueTest, ClientTextIsAStringThatKnowsWhereItCameFrom) {
    for (const std::string& text : {std::string("5"), std::string(1000, '5')}) {
        const Value typed = ClientText{text};
        const Value copy = Value(Object{{"a", Value(Value::List{typed})}}).member("a")->element(0);
        EXPECT_TRUE(copy.is_client_text());
        EXPECT_FALSE(Value(copy.as_string()).is_client_text());
        EXPECT_EQ(copy.kind(), Kind::String);
        EXPECT_EQ(copy, Value(text));
        EXPECT_EQ(to_text(copy), text);
        EXPECT_EQ(copy.printed_bytes(), text.size() + 2);
    }
}

}  // namespace

TEST(ValueTest, KnowsItsKind) {
    const std::pair<Value, const char*> cases[] = {
        {nullptr, "nil"},
        {true, "bool"},
        {7, "int"},
        {7.0, "double"},
        {dec("7"), "decimal"},
        {"seven", "string"},
        {Bytes{"x"}, "bytes"},
        {Temporal{Kind::Date, "2026-01-31"}, "date"},
        {Temporal{Kind::Time, "09:30:00"}, "time"},
        {Temporal{Kind::Timestamp, "2026-01-31T09:30:00"}, "timestamp"},
        {Temporal{Kind::TimestampTz, "2026-01-31T09:30:00Z"}, "timestamptz"},
        {Value::List{}, "list"},
        {Object{}, "object"},
        {TableRef{two_rows()}, "table"},
        {RowRef{two_rows(), 0}, "object"},
    };
    for (const auto& [value, name] : cases) EXPECT_EQ(kind_name(value.kind()), name);
    EXPECT_EQ(Value::from_unsigned(INT64_MAX).kind(), Kind::Int);
    EXPECT_EQ(Value::from_unsigned(UINT64_MAX), dec("18446744073709551615"));
}

TEST(ValueTest, SizeAndElements) {
    EXPECT_EQ(Value("\xC3\xA4\xE2\x82\xAC").size(), 2U);
    EXPECT_EQ(Value(Bytes{"abc"}).size(), 3U);
    EXPECT_EQ(Value(5).size(), 0U);
    const Value table = TableRef{two_rows()};
    EXPECT_EQ(table.size(), 2U);
    EXPECT_TRUE(table.element(1).is_row());
    EXPECT_EQ(table.element(1).size(), 2U);
    EXPECT_EQ(table.element(1).member("id"), Value(2));
    EXPECT_EQ(table.element(1).member("name"), Value(nullptr));
    EXPECT_EQ(table.element(1).member("other"), std::nullopt);
    EXPECT_EQ(Value(5).member("id"), std::nullopt);
    EXPECT_EQ(Value(Value::List{1, 2}).element(1), Value(2));
    Object copy;
    table.element(0).for_each_member(
        [&](const std::string& name, const Value& value) { copy.set(name, value); });
    EXPECT_EQ(Value(copy), table.element(0));
}

TEST(ValueTest, CopiesShareWhatIsLong) {
    const Value text = std::string(1'000, 'x');
    const Value bytes = Bytes{std::string(1'000, 'x')};
    const Value digits = dec("1e1000");
    const Value copies[] = {text, bytes, digits};
    EXPECT_EQ(copies[0].as_string().data(), text.as_string().data());
    EXPECT_EQ(copies[1].as_bytes().data.data(), bytes.as_bytes().data.data());
    EXPECT_EQ(&copies[2].as_decimal(), &digits.as_decimal());
    EXPECT_EQ(copies[0], std::string(1'000, 'x'));
    EXPECT_EQ(copies[2], dec("1e1000"));
}

TEST(ValueTest, PrintedBytesAreAboutItsJson) {
    const Value long_text = std::string(1'000, 'x');
    const Value cases[] = {
        7,
        dec("1.25"),
        "text",
        long_text,
        dec("1e1000"),
        Bytes{"some bytes"},
        Temporal{Kind::Date, "2026-01-31"},
        Value::List{1, "two", Value::List{}},
        Object{{"id", 1}, {"note", long_text}},
        TableRef{two_rows()},
        RowRef{two_rows(), 1},
    };
    for (const Value& value : cases) {
        const std::size_t json = to_json(value).size();
        EXPECT_LE(json, 2 * value.printed_bytes() + 20) << to_json(value);
        EXPECT_GE(2 * json + 20, value.printed_bytes()) << to_json(value);
    }
}

TEST(ValueTest, PrintedBytesCountSharedPartsEachTime) {
    Value value = std::string(1'000, 'x');
    for (int level = 0; level < 5; ++level) value = Value::List(10, value);
    EXPECT_GT(value.printed_bytes(), 100'000'000U);
    EXPECT_LT(value.printed_bytes(), 200'000'000U);
    for (int level = 0; level < 50; ++level) value = Value::List(10, value);
    EXPECT_EQ(value.printed_bytes(), SIZE_MAX);
    EXPECT_EQ(Value(Object{{"a", value}, {"b", value}}).printed_bytes(), SIZE_MAX);
}

TEST(ObjectTest, PrintedBytesFollowReplacedMembers) {
    Object object{{"a", std::string(1'000, 'x')}};
    EXPECT_GT(object.printed_bytes(), 1'000U);
    object.set("a", 1);
    EXPECT_EQ(object.printed_bytes(), (Object{{"a", 1}}.printed_bytes()));
}

TEST(ObjectTest, KeepsTheOrderOfFirstSetting) {
    Object object{{"b", 1}, {"a", 2}};
    object.set("b", 3);
    std::string seen;
    for (const auto& [name, value] : object) seen += name + "=" + to_text(value) + " ";
    EXPECT_EQ(seen, "b=3 a=2 ");
}

TEST(ObjectTest, FindsNamesAtEverySize) {
    Object object;
    for (int i = 0; i < 100; ++i) {
        object.set("name" + std::to_string(i), i);
        object.set("name0", 1000 + i);
        ASSERT_EQ(object.size(), static_cast<std::size_t>(i) + 1);
        for (int j = 1; j <= i; ++j) {
            const Value* found = object.find("name" + std::to_string(j));
            ASSERT_NE(found, nullptr);
            ASSERT_EQ(*found, Value(j));
        }
        ASSERT_EQ(*object.find("name0"), Value(1000 + i));
        ASSERT_EQ(object.find("name" + std::to_string(i + 1)), nullptr);
    }
    const Object copy = object;
    EXPECT_EQ(*copy.find("name99"), Value(99));
}

TEST(EqualityTest, NumbersByValueWhateverTheirKind) {
    EXPECT_EQ(Value(1), Value(1.0));
    EXPECT_EQ(Value(1), dec("1.00"));
    EXPECT_EQ(Value(0.1), dec("0.10"));
    EXPECT_EQ(Value(1e23), dec("1e23"));
    EXPECT_FALSE(Value(INT64_MAX) == Value(9223372036854775808.0));
    EXPECT_EQ(dec("9223372036854775808"), Value(9223372036854775808.0));
    EXPECT_FALSE(Value(9007199254740993) == Value(9007199254740992.0));
    EXPECT_FALSE(Value(NAN) == Value(NAN));
    EXPECT_EQ(Value(INFINITY), Value(INFINITY));
    EXPECT_FALSE(Value(INFINITY) == dec("1e5000"));
    EXPECT_EQ(Value(0), Value(-0.0));
}

TEST(EqualityTest, KindsAreNeverMixed) {
    EXPECT_FALSE(Value(1) == Value("1"));
    EXPECT_FALSE(Value(true) == Value(1));
    EXPECT_FALSE(Value(nullptr) == Value(false));
    EXPECT_FALSE(Value(Bytes{"a"}) == Value("a"));
    EXPECT_FALSE(Value(Temporal{Kind::Date, "x"}) == Value(Temporal{Kind::Time, "x"}));
    EXPECT_FALSE(Value(Value::List{}) == Value(Object{}));
}

TEST(EqualityTest, TablesAreListsOfObjects) {
    const Value table = TableRef{two_rows(), TableFormat::Csv};
    const Value list =
        Value::List{Object{{"name", "a"}, {"id", 1}}, Object{{"id", 2.0}, {"name", nullptr}}};
    EXPECT_EQ(table, list);
    EXPECT_EQ(list, table);
    EXPECT_EQ(table, Value(TableRef{two_rows()}));
    EXPECT_FALSE(table == Value(Value::List{Object{{"id", 1}, {"name", "a"}}}));
    EXPECT_FALSE(Value(Object{{"a", nullptr}}) == Value(Object{{"b", nullptr}}));
    EXPECT_FALSE(Value(Object{{"a", 1}}) == Value(Object{{"a", 1}, {"b", 1}}));
}

TEST(CompareTest, OrdersWithinAKind) {
    const auto less = std::partial_ordering::less;
    EXPECT_EQ(compare(1, 2), less);
    EXPECT_EQ(compare(1, 1.5), less);
    EXPECT_EQ(compare(dec("1.4"), 1.5), less);
    EXPECT_EQ(compare(dec("1e400"), INFINITY), less);
    EXPECT_EQ(compare(-INFINITY, INT64_MIN), less);
    EXPECT_EQ(compare(9007199254740992.0, 9007199254740993), less);
    EXPECT_EQ(compare("a", "b"), less);
    EXPECT_EQ(compare("Z", "a"), less);
    EXPECT_EQ(compare("z", "\xC3\xA4"), less);
    EXPECT_EQ(compare(false, true), less);
    EXPECT_EQ(compare(2, 2.0), std::partial_ordering::equivalent);
    EXPECT_EQ(compare(NAN, 1), std::nullopt);
    EXPECT_EQ(compare("1", 1), std::nullopt);
    EXPECT_EQ(compare(nullptr, nullptr), std::nullopt);
    EXPECT_EQ(compare(Value::List{}, Value::List{}), std::nullopt);
}

TEST(CompareTest, FractionsOfSecondsComeAfterTheFullSecond) {
    const auto stamp = [](const char* text) { return Value(Temporal{Kind::TimestampTz, text}); };
    EXPECT_EQ(compare(stamp("2026-01-31T09:30:00Z"), stamp("2026-01-31T09:30:00.5Z")),
              std::partial_ordering::less);
    EXPECT_EQ(compare(stamp("2026-01-31T09:30:00.5Z"), stamp("2026-01-31T09:30:01Z")),
              std::partial_ordering::less);
    EXPECT_EQ(compare(stamp("2026-01-31T09:30:00Z"), Temporal{Kind::Date, "2026-01-31"}),
              std::nullopt);
}

TEST(ToTextTest, ShowsEveryKind) {
    EXPECT_EQ(to_text(nullptr), "");
    EXPECT_EQ(to_text(true), "true");
    EXPECT_EQ(to_text(-5), "-5");
    EXPECT_EQ(to_text(2.0), "2.0");
    EXPECT_EQ(to_text(dec("19.90")), "19.90");
    EXPECT_EQ(to_text("a\"b"), "a\"b");
    EXPECT_EQ(to_text(Bytes{"foo"}), "Zm9v");
    EXPECT_EQ(to_text(Temporal{Kind::Date, "2026-01-31"}), "2026-01-31");
    EXPECT_EQ(to_text(Value::List{1, "a"}), "[1,\"a\"]");
    EXPECT_EQ(to_text(Object{{"a", nullptr}}), "{\"a\":null}");
    EXPECT_EQ(to_text(RowRef{two_rows(), 0}), "{\"id\":1,\"name\":\"a\"}");
    EXPECT_EQ(to_text(TableRef{two_rows(), TableFormat::Csv}), "id,name\r\n1,a\r\n2,\r\n");
    EXPECT_EQ(to_text(TableRef{two_rows(), TableFormat::Text}), "id  name\n--  ----\n 1  a\n 2\n");
    EXPECT_EQ(to_text(TableRef{two_rows()}),
              "[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":null}]");
}

}  // namespace kdeps
