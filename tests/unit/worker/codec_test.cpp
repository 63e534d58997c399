#include "codec.hpp"

#include <random>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"

namespace kdeps::worker {
namespace {

std::string encoded(const Value& value) {
    SentTables tables(1);
    std::string out;
    encode(value, tables, out);
    return out;
}

std::string message_of_decoding(std::string_view data) {
    try {
        return "no error: " + to_json(decode(data, SentTables(1)));
    } catch (const Error& error) {
        return error.what();
    }
}

TEST(CodecTest, FormIsAsDocumented) {
    using namespace std::string_literals;
    EXPECT_EQ(encoded(nullptr), "N");
    EXPECT_EQ(encoded(true), "T");
    EXPECT_EQ(encoded(1), "i\1\0\0\0\0\0\0\0"s);
    EXPECT_EQ(encoded("ab"), "s\2\0\0\0ab"s);
    EXPECT_EQ(encoded(*Decimal::parse("1.50")), "D\4\0\0\0001.50"s);
    EXPECT_EQ(encoded(Value::from_unsigned(UINT64_MAX)), "I\24\0\0\00018446744073709551615"s);
    EXPECT_EQ(encoded(Value::List{nullptr}), "l\1\0\0\0N"s);
    EXPECT_EQ(encoded(Object{{"k", false}}), "o\1\0\0\0\1\0\0\0kF"s);
    EXPECT_EQ(encoded(Temporal{Kind::Date, "2024-01-01"}), "p\n\0\0\0002024-01-01"s);
}

TEST(CodecTest, TableIsNumberedAndKnownAgain) {
    using namespace std::string_literals;
    TableBuilder builder;
    builder.add_column("c");
    builder.append_int(7);
    const TableRef table{builder.finish(), TableFormat::Csv};
    SentTables tables(5);
    std::string out;
    encode(table, tables, out);
    EXPECT_EQ(out, "t\0\0\0\0\5\0\0\0\1\0\1\0\0\0\1\0\0\0c\1\0\0\0i\7\0\0\0\0\0\0\0"s);
    const Value back = decode("h\0\0\0\0\5\0\0\0"s, tables);
    EXPECT_EQ(back.as_table().table, table.table);
    EXPECT_EQ(back.as_table().format, TableFormat::Csv);
}

TEST(CodecTest, DecodedEqualsEncoded) {
    const Value values[] = {
        nullptr,
        true,
        -5,
        0.1,
        "x",
        Bytes{"\xff"},
        *Decimal::parse("-0.10"),
        Temporal{Kind::TimestampTz, "2024-01-01T00:00:00Z"},
        Value::List{1, Value::List{}, Object{{"a", "b"}}},
    };
    for (const Value& value : values) {
        const Value back = decode(encoded(value), SentTables(1));
        EXPECT_EQ(back.kind(), value.kind());
        EXPECT_EQ(to_json(back), to_json(value));
    }
}

TEST(CodecTest, MalformedMessagesAreRefused) {
    using namespace std::string_literals;
    for (const std::string& data :
         {""s, "?"s, "s\5\0\0\0ab"s, "i\1"s, "l\xff\xff\xff\xffN"s, "o\1\0\0\0"s, "NN"s,
          "h\0\0\0\0\1\0\0\0"s, "h\0\0\0\0\2\0\0\0"s, std::string(5000, 'l')}) {
        EXPECT_EQ(message_of_decoding(data), "a python worker sent a malformed message")
            << testing::PrintToString(data.substr(0, 20));
    }
}

TEST(CodecTest, RandomBytesNeverDoHarm) {
    std::mt19937 random(42);
    const std::string valid = encoded(Value::List{1, "text", Object{{"k", Value::List{2.5}}}});
    for (int i = 0; i < 5000; ++i) {
        std::string data = valid;
        for (int flips = 0; flips < 3; ++flips) {
            data[random() % data.size()] = static_cast<char>(random());
        }
        data.resize(1 + random() % data.size());
        (void)message_of_decoding(data);
    }
}

}  // namespace
}  // namespace kdeps::worker
