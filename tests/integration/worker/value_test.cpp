// Values on their way into a script and back, with both codecs of the Python side.

#include <cmath>
#include <limits>
#include <random>

#include <fmt/format.h>

#include "worker_fixture.hpp"

namespace kdeps::worker::test {
namespace {

/// The embedded interpreter (codec in C++), then a plain one (codec in Python).
class ValueTest : public WorkerTest, public testing::WithParamInterface<const char*> {
 protected:
    ValueTest() : WorkerTest(settings_with(GetParam())) {}
    static WorkerSettings settings_with(const char* executable) {
        WorkerSettings settings = default_settings();
        settings.executable = executable;
        settings.max_result_bytes = 16 << 20;
        return settings;
    }
    /// `value` after `return <expression>` with `v` bound to it.
    Value through(const Value& value, const std::string& expression = "v") {
        Call call;
        call.prefetched = {{"v", value}};
        return value_of("v = get('v')\nreturn " + expression, call);
    }
};
INSTANTIATE_TEST_SUITE_P(Codecs, ValueTest,
                         testing::Values(KDEPS_TEST_KDEPS_PYTHON, KDEPS_TEST_PYTHON),
                         [](const auto& c) {
                             return std::string(c.param) == KDEPS_TEST_PYTHON ? "Plain" : "Fast";
                         });

TEST_P(ValueTest, EveryKindComesBackAsItWent) {
    struct {
        Value value;
        const char* type;
    } const cases[] = {
        {true, "bool"},
        {false, "bool"},
        {0, "int"},
        {std::numeric_limits<std::int64_t>::min(), "int"},
        {std::numeric_limits<std::int64_t>::max(), "int"},
        {Value::from_unsigned(18446744073709551615u), "int"},
        {*Decimal::parse("-123456789012345678901234567890"), "int"},
        {*Decimal::parse("19.90"), "Decimal"},
        {*Decimal::parse("0.00000001"), "Decimal"},
        {*Decimal::parse("-0.50"), "Decimal"},
        {*Decimal::parse("7"), "Decimal"},
        {0.1, "float"},
        {-0.0, "float"},
        {5e-324, "float"},
        {std::numeric_limits<double>::infinity(), "float"},
        {"", "str"},
        {"a\0b gr\u00fc\u00dfe \U0001f600", "str"},
        {Bytes{std::string("\0\xff\x80", 3)}, "bytes"},
        {Temporal{Kind::Date, "2024-02-29"}, "date"},
        {Temporal{Kind::Date, "0001-01-01"}, "date"},
        {Temporal{Kind::Time, "23:59:59.000001"}, "time"},
        {Temporal{Kind::Timestamp, "2024-01-02T03:04:05"}, "datetime"},
        {Temporal{Kind::TimestampTz, "9999-12-31T23:59:59.999999Z"}, "datetime"},
        {Value::List{}, "list"},
        {Value::List{1, Value::List{nullptr, "x"}}, "list"},
        {Object{{"b", 1}, {"a", Object{}}, {"", 2}}, "dict"},
    };
    for (const auto& [value, type] : cases) {
        const Value back = through(value, "[v, type(v).__name__]");
        EXPECT_EQ(back.element(0).kind(), value.kind()) << to_json(value);
        EXPECT_EQ(to_json(back.element(0)), to_json(value));
        EXPECT_EQ(to_text(back.element(1)), type) << to_json(value);
    }
    EXPECT_TRUE(std::isnan(through(std::numeric_limits<double>::quiet_NaN()).as_double()));
}

TEST_P(ValueTest, DoubleHasTheSameTextInASlotAsElsewhere) {
    std::mt19937_64 generator(11);
    std::uniform_real_distribution<double> mantissa(-10, 10);
    std::uniform_int_distribution<int> exponent(-12, 24);
    Value::List numbers = {2.0, -0.0, 1e16, 1e21, 9.999999e20, 1e-5, 1e-6, 9e-7};
    while (numbers.size() < 2000) {
        const double number = mantissa(generator) * std::pow(10, exponent(generator));
        numbers.emplace_back(number);
        numbers.emplace_back(std::trunc(number));
    }
    const Script script =
        script_of("v = get('v')\nreturn [__kdeps_text__(n) for n in v] + ['__kdeps_slot_0__']",
                  {"__kdeps_slot_0__"});
    Call call;
    call.slots = {Value(numbers)};
    call.prefetched = {{"v", Value(numbers)}};
    const Value texts = run(script, call).value;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        EXPECT_EQ(to_text(texts.element(i)), to_text(numbers[i]));
    }
    EXPECT_EQ(to_text(texts.element(numbers.size())), to_text(Value(numbers)));
}

TEST_P(ValueTest, TimesThatPythonCannotHoldArriveAsText) {
    for (const auto& value :
         {Temporal{Kind::Timestamp, "infinity"}, Temporal{Kind::Date, "10000-01-01"},
          Temporal{Kind::Date, "0044-03-15 BC"}, Temporal{Kind::Time, "838:59:59"},
          Temporal{Kind::Time, "24:00:00"}}) {
        const Value back = through(value, "[type(v).__name__, v]");
        EXPECT_EQ(to_json(back), "[\"str\",\"" + value.text + "\"]");
    }
}

TEST_P(ValueTest, OnlyPythonHasThese) {
    EXPECT_EQ(to_json(value_of("return (1, (2,))")), "[1,[2]]");
    EXPECT_EQ(to_json(value_of("from datetime import timedelta as d\n"
                               "return [d(hours=30, microseconds=5), d(seconds=-1)]")),
              R"(["30:00:00.000005","-00:00:01"])");
    EXPECT_EQ(to_json(value_of("from datetime import *\nz = timezone(timedelta(hours=2))\n"
                               "return [datetime(2024, 1, 1, 1, tzinfo=z), datetime(2024, 1, 1)]")),
              R"(["2023-12-31T23:00:00Z","2024-01-01T00:00:00"])");
    EXPECT_EQ(to_json(value_of("from decimal import Decimal as D\n"
                               "return [D('1E+3'), D('NaN'), D('-Infinity'), 10**30]")),
              R"([1000,"NaN","-Infinity",1000000000000000000000000000000])");
    EXPECT_EQ(
        to_json(value_of("import enum\nclass E(enum.IntEnum):\n    A = 3\n"
                         "class S(str): pass\n"
                         "import collections\n"
                         "return [E.A, S('x'), collections.OrderedDict(a=1), bytearray(b'a')]")),
        R"([3,"x",{"a":1},"YQ=="])");
}

TEST_P(ValueTest, IntegersOfAnyLengthComeAndGo) {
    // Python turns no more than 4,300 digits into a text.
    EXPECT_EQ(to_json(value_of("return 10 ** 5000")), "1" + std::string(5000, '0'));
    EXPECT_EQ(to_json(value_of("return -(10 ** 199_999)")), "-1" + std::string(199'999, '0'));
    const Value large = *Decimal::parse("7" + std::string(5000, '0'));
    EXPECT_EQ(to_json(through(large, "[type(v).__name__, v == 7 * 10 ** 5000]")),
              R"(["int",true])");
    const Error error = error_of("return 10 ** 200_000");
    EXPECT_EQ(error.code(), ErrorCode::PythonFailed);
    EXPECT_STREQ(error.what(), "ValueError: the integer has more than 200000 digits");
    EXPECT_EQ(to_json(value_of("return 1")), "1");
}

std::shared_ptr<const Table> sample_table(std::size_t rows) {
    TableBuilder builder;
    for (const char* name : {"id", "name", "price", "at", "ratio", "doc", "blob", "ok"}) {
        builder.add_column(name);
    }
    for (std::size_t i = 0; i < rows; ++i) {
        builder.append_int(static_cast<std::int64_t>(i));
        builder.append(CellType::Text, "name " + std::to_string(i));
        builder.append(CellType::Decimal, "19.90");
        builder.append(CellType::TimestampTz, "2024-01-02T03:04:05.5Z");
        builder.append_double(0.25);
        builder.append(CellType::Json, R"({"a":[1,2.50]})");
        builder.append(CellType::Bytes, "ab");
        if (i % 2 == 0) {
            builder.append(CellType::Bool, "true");
        } else {
            builder.append_null();
        }
    }
    return builder.finish();
}

TEST_P(ValueTest, TableIsAListOfDictsWithItsFormat) {
    const TableRef table{sample_table(2), TableFormat::Csv};
    EXPECT_EQ(to_json(through(table,
                              "[isinstance(v, list), len(v), v[1]['id'], v.columns[0], v.format, "
                              "v.truncated, v[0]['doc'], v[0]['at'].microsecond, str(v)[:8]]")),
              R"([true,2,1,"id","csv",false,{"a":[1,2.50]},500000,"id,name,"])");
    EXPECT_EQ(to_text(through(table, "str(v)")), to_text(Value(table)));
}

TEST_P(ValueTest, UnmodifiedTableComesBackAsTheSameOne) {
    const TableRef table{sample_table(3), TableFormat::Csv};
    for (const char* same : {"v", "{'t': [v]}['t'][0]", "(v.append(1), v.pop(), v)[2]",
                             "(__import__('copy').deepcopy(v))", "(v[0].update(id=0), v)[1]"}) {
        const Value back = through(table, same);
        ASSERT_EQ(back.kind(), Kind::Table) << same;
        EXPECT_EQ(back.as_table().table, table.table) << same;
        EXPECT_EQ(back.as_table().format, TableFormat::Csv);
    }
}

TEST_P(ValueTest, AnyChangeMakesATableAnOrdinaryList) {
    const TableRef table{sample_table(3), TableFormat::Csv};
    for (const char* changed :
         {"(v.pop(), v)[1]", "(v.reverse(), v)[1]", "(v[2].update(id=9), v)[1]",
          "(v[2].update(id=2.0), v)[1]", "(v[0].update(ok=1), v)[1]",
          "(v[0].update(price=__import__('decimal').Decimal('19.9')), v)[1]",
          "(v[0]['doc']['a'].append(1), v)[1]", "(v[0].update(extra=1), v)[1]",
          "(v[0].pop('id'), v)[1]", "(v[0].update(id=v[0].pop('id')), v)[1]", "v[:]",
          "sorted(v, "
          "key=lambda r: r['id'])",
          "v + []"}) {
        EXPECT_EQ(through(table, changed).kind(), Kind::List) << changed;
    }
    EXPECT_EQ(through(table, "(v[2].update(id=9), v)[1]").element(2).member("id"), Value(9));
    EXPECT_EQ(to_json(through(table, "(v.clear(), str(v))[1]")), R"("[]")");
}

TEST_P(ValueTest, TableKeptFromAnEarlierCallIsNotMistaken) {
    const TableRef first{sample_table(1), TableFormat::Csv};
    const TableRef second{sample_table(2), TableFormat::Json};
    (void)through(first, "setattr(__import__('json'), 'kept', v)");
    const Value back = through(second, "__import__('json').kept");
    ASSERT_EQ(back.kind(), Kind::List);
    EXPECT_EQ(back.size(), 1u);
}

TEST_P(ValueTest, TableGivenToSetKeepsItsIdentity) {
    const TableRef table{sample_table(1), TableFormat::Text};
    (void)through(table, "set('kept', v)");
    EXPECT_EQ(host_.answers.at("get kept").as_table().table, table.table);
}

TEST_P(ValueTest, CellsOfEveryTypeArriveAsTheDocumentedTypes) {
    TableBuilder builder;
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) builder.add_column(name);
    builder.append(CellType::Int, "18446744073709551615");
    builder.append(CellType::Decimal, "NaN");
    builder.append(CellType::Double, "-Infinity");
    builder.append(CellType::Date, "2024-01-01");
    builder.append(CellType::Time, "01:02:03");
    builder.append(CellType::Timestamp, "infinity");
    const TableRef table{builder.finish(), TableFormat::Json};
    EXPECT_EQ(to_json(through(table, "[type(x).__name__ for x in v[0].values()]")),
              R"(["int","Decimal","float","date","time","str"])");
    EXPECT_EQ(through(table).kind(), Kind::Table);
}

TEST_P(ValueTest, ResultIsLimitedWhileItIsEncoded) {
    for (const char* source : {"return 'x' * (17 << 20)", "return [1] * (2 << 20)",
                               "x = ['y' * 1000] * 1000\nreturn [x] * 1000"}) {
        const Error error = error_of(source);
        EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
        EXPECT_STREQ(error.what(),
                     "the result of python script 'report' is larger than 16777216 bytes");
    }
    EXPECT_STREQ(error_of("set('k', 'x' * (17 << 20))").what(),
                 "KdepsError: the value is larger than 16777216 bytes");
    EXPECT_EQ(events_.endings(), std::vector<std::string>{});
}

TEST_P(ValueTest, LargeValuesPass) {
    const std::string text(15 << 20, 'x');
    EXPECT_EQ(through(text).as_string(), text);
}

/// A random value of limited depth; the same for every run.
Value random_value(std::mt19937& random, int depth) {
    const auto below = [&](unsigned limit) { return static_cast<std::size_t>(random() % limit); };
    switch (below(depth > 0 ? 10 : 8)) {
        case 0:
            return nullptr;
        case 1:
            return below(2) == 0;
        case 2:
            return static_cast<std::int64_t>(random()) << below(32);
        case 3:
            return static_cast<double>(random()) / 7;
        case 4:
            return *Decimal::parse(std::to_string(random()) + "." + std::to_string(random()));
        case 5: {
            std::string bytes;
            while (below(8) != 0) bytes += static_cast<char>(random());
            return Bytes{bytes};
        }
        case 6: {
            static constexpr const char* kPieces[] = {"a",      "\"",         "\n", "\u00e4",
                                                      "\u4f60", "\U0001f600", "{{", "\\"};
            std::string text;
            while (below(8) != 0) text += kPieces[below(8)];
            return text;
        }
        case 7: {
            const std::string text = fmt::format(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}", 1 + below(9999), 1 + below(12),
                1 + below(28), below(24), below(60), below(60), 1 + below(999999));
            return Temporal{Kind::Timestamp, text};
        }
        case 8: {
            Value::List list;
            while (below(4) != 0) list.push_back(random_value(random, depth - 1));
            return list;
        }
        default: {
            Object object;
            while (below(4) != 0) {
                object.set("k" + std::to_string(random() % 100), random_value(random, depth - 1));
            }
            return object;
        }
    }
}

TEST_P(ValueTest, RandomValuesComeBackEqual) {
    std::mt19937 random(20240611);
    for (int i = 0; i < 300; ++i) {
        const Value value = random_value(random, 4);
        const Value back = through(value);
        ASSERT_EQ(back.kind(), value.kind()) << i;
        ASSERT_EQ(to_json(back), to_json(value)) << i;
    }
}

}  // namespace
}  // namespace kdeps::worker::test
