// The store that outlives runs is bounded, and holds nothing that it does not count.

#include "kdeps/engine/memory_store.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"

namespace kdeps::engine {
namespace {

std::shared_ptr<const Table> table_of(std::size_t rows) {
    TableBuilder builder;
    builder.add_column("id");
    builder.add_column("text");
    for (std::size_t i = 0; i < rows; ++i) {
        builder.append_int(static_cast<std::int64_t>(i));
        builder.append(CellType::Text, std::string(100, 'x'));
    }
    return builder.finish();
}

std::string error_of(MemoryStore& store, const std::string& key, const Value& value) {
    try {
        store.set(key, value);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::ExpressionFailed);
        EXPECT_NE(error.detail().hint, "");
        return error.what();
    }
    return "";
}

TEST(MemoryStoreTest, HoldsSoManyEntries) {
    MemoryStore store({.entries = 2});
    store.set("a", 1);
    store.set("b", 2);
    EXPECT_EQ(error_of(store, "c", 3), "the 'memory' store is full: it has 2 entries");
    store.set("b", 4);
    store.set("a", nullptr);
    store.set("c", 5);
    EXPECT_EQ(store.find("a"), std::nullopt);
    EXPECT_EQ(to_json(*store.find("b")), "4");
    EXPECT_EQ(to_json(*store.find("c")), "5");
}

TEST(MemoryStoreTest, HoldsSoManyBytes) {
    MemoryStore store({.bytes = 10'000});
    store.set("a", std::string(6'000, 'x'));
    EXPECT_TRUE(error_of(store, "b", std::string(6'000, 'x'))
                    .starts_with("the 'memory' store is full: it holds "));
    EXPECT_EQ(store.find("b"), std::nullopt);
    EXPECT_EQ(error_of(store, "b", std::string(20'000, 'x')),
              "the 'memory' store is full: its values take at most 10000 bytes");
    store.set("a", std::string(9'000, 'x'));  // in place of the old one
    store.set("a", nullptr);
    EXPECT_EQ(store.bytes(), 0U);
}

TEST(MemoryStoreTest, ManySmallValuesCountAsWhatTheyTake) {
    MemoryStore store({.bytes = 10'000});
    EXPECT_NE(error_of(store, "a", Value::List(1'000, Value(1))), "");
    Object members;
    for (int i = 0; i < 1'000; ++i) members.set(std::to_string(i), nullptr);
    EXPECT_NE(error_of(store, "a", members), "");
}

TEST(MemoryStoreTest, ARowIsCopiedOutOfItsTable) {
    MemoryStore store({.bytes = 10'000});
    const auto table = table_of(1'000);
    const std::weak_ptr<const Table> watched = table;
    store.set("row", Value(RowRef{table, 7}));
    store.set("rows", Value::List{Value(RowRef{table, 8})});
    EXPECT_EQ(table.use_count(), 1);
    EXPECT_EQ(to_json(*store.find("row")->member("id")), "7");
    EXPECT_EQ(to_json(*store.find("rows")->element(0).member("id")), "8");
}

TEST(MemoryStoreTest, ATableCountsWhole) {
    MemoryStore store({.bytes = 10'000});
    EXPECT_NE(error_of(store, "table", Value(TableRef{table_of(1'000)})), "");
    store.set("table", Value(TableRef{table_of(10), TableFormat::Csv}));
    EXPECT_GT(store.bytes(), 1'000U);
    EXPECT_EQ(store.find("table")->as_table().format, TableFormat::Csv);
}

TEST(MemoryStoreTest, WhatIsNestedEndlesslyIsRefused) {
    MemoryStore store;
    std::string error;
    for (int i = 0; i < 200 && error.empty(); ++i) {
        const Value inner = store.find("a").value_or(Value());
        error = error_of(store, "a", Value(Value::List{inner}));
    }
    EXPECT_NE(error.find("nested"), std::string::npos) << error;
}

TEST(MemoryStoreTest, ForgetsAll) {
    MemoryStore store({.entries = 1});
    store.set("a", Value(1));
    store.clear();
    EXPECT_EQ(store.bytes(), 0U);
    EXPECT_FALSE(store.find("a"));
    store.set("b", Value(2));  // there is room again
}

}  // namespace
}  // namespace kdeps::engine
