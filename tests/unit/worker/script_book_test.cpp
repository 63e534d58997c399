#include "script_book.hpp"

#include <gtest/gtest.h>

namespace kdeps::worker {
namespace {

Script script_of(const std::string& source) {
    return {"report", source, {}, {}};
}

TEST(ScriptBookTest, ScriptsAreEqualInNameSourceAndSlots) {
    ScriptBook book(10);
    const std::int64_t number = book.number_of({"ab", "c", {}, {}});
    EXPECT_EQ(book.number_of({"ab", "c", {}, {}}), number);
    EXPECT_NE(book.number_of({"a", "bc", {}, {}}), number);
    EXPECT_NE(book.number_of({"ab", "c", {slot_name(0)}, {}}), number);
}

TEST(ScriptBookTest, OneThatWasNotUsedForLongGivesWayToANewOne) {
    ScriptBook book(3);
    const std::int64_t a = book.number_of(script_of("a"));
    const std::int64_t b = book.number_of(script_of("b"));
    const std::int64_t c = book.number_of(script_of("c"));
    EXPECT_EQ(book.number_of(script_of("a")), a);
    const std::int64_t d = book.number_of(script_of("d"));
    EXPECT_EQ(book.number_of(script_of("a")), a);
    EXPECT_EQ(book.number_of(script_of("c")), c);
    EXPECT_EQ(book.number_of(script_of("d")), d);
    EXPECT_GT(book.number_of(script_of("b")), d);  // its old number is never given again
    EXPECT_NE(b, d);
}

TEST(ScriptBookTest, AnalysesAreKeptWithTheirScript) {
    ScriptBook book(1);
    EXPECT_FALSE(book.analysis_of(script_of("a")));
    book.keep(script_of("a"), {std::nullopt, {"x"}});
    EXPECT_EQ(book.analysis_of(script_of("a")).value().literal_gets, std::vector<std::string>{"x"});
    EXPECT_FALSE(book.analysis_of(script_of("b")));
    EXPECT_FALSE(book.analysis_of(script_of("a")));
}

}  // namespace
}  // namespace kdeps::worker
