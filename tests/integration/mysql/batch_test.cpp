#include "mysql_fixture.hpp"

namespace kdeps::test {
namespace {

class MysqlBatchTest : public MysqlTest {
 protected:
    void SetUp() override {
        MysqlTest::SetUp();
        if (!connection) return;
        run(*connection,
            "CREATE TEMPORARY TABLE t(i int PRIMARY KEY, s varchar(20)) ENGINE = InnoDB");
    }
    [[nodiscard]] std::string stored() {
        return one(*connection, "SELECT coalesce(group_concat(i ORDER BY i), '') FROM t");
    }
    const db::Statement insert = writing("INSERT INTO t VALUES (?, ?)");
    const std::vector<std::vector<Value>> sets_with_a_duplicate = {
        {1, "a"}, {2, "b"}, {1, "c"}, {3, "d"}};
};

TEST_F(MysqlBatchTest, OneResultPerSet) {
    std::vector<std::vector<Value>> sets;
    for (int i = 0; i < 300; ++i) sets.push_back({i, i % 2 == 0 ? Value("even") : Value()});
    const auto results = run_sets(*connection, insert, sets);
    ASSERT_EQ(results.size(), 300u);
    EXPECT_EQ(results[299].rows_affected, 1);
    EXPECT_EQ(one(*connection, "SELECT count(s) FROM t"), "Int:150");
    EXPECT_TRUE(run_sets(*connection, insert, {}).empty());
}

TEST_F(MysqlBatchTest, OutsideATransactionSetsCommitOneByOne) {
    const Error error =
        error_of([&] { static_cast<void>(run_sets(*connection, insert, sets_with_a_duplicate)); });
    EXPECT_EQ(error.detail().sqlstate, "23000");
    EXPECT_EQ(error.detail().failed_index, 2u);
    EXPECT_EQ(error.detail().applied_indexes, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(stored(), "Text:1,2");
}

TEST_F(MysqlBatchTest, InATransactionTheCallerRollsBack) {
    begin(*connection);
    const Error error =
        error_of([&] { static_cast<void>(run_sets(*connection, insert, sets_with_a_duplicate)); });
    EXPECT_EQ(error.detail().failed_index, 2u);
    EXPECT_TRUE(error.detail().applied_indexes.empty());
    connection->rollback();
    EXPECT_EQ(stored(), "Text:");
}

}  // namespace
}  // namespace kdeps::test
