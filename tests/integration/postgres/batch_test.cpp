#include <sys/resource.h>

#include "postgres_fixture.hpp"
#include "support/sanitizers.hpp"

namespace kdeps::test {
namespace {

class PostgresBatchTest : public PostgresTest {
 protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (connection) run(*connection, "CREATE TEMP TABLE t(i int PRIMARY KEY, s text)");
    }
    static std::vector<std::vector<Value>> numbers(int count) {
        std::vector<std::vector<Value>> sets;
        for (int i = 0; i < count; ++i) sets.push_back({i, "n" + std::to_string(i)});
        return sets;
    }
    [[nodiscard]] std::string stored() {
        return one(*connection, "SELECT coalesce(string_agg(i::text, ',' ORDER BY i), '') FROM t");
    }
    const db::Statement insert = writing("INSERT INTO t VALUES ($1, $2)");
};

TEST_F(PostgresBatchTest, OneResultPerSet) {
    const auto results = run_sets(*connection, insert, numbers(1000));
    ASSERT_EQ(results.size(), 1000u);
    EXPECT_EQ(results[999].rows_affected, 1);
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM t"), "Int:1000");
    const auto found = run_sets(*connection, reading("SELECT s FROM t WHERE i = $1"),
                                std::vector<std::vector<Value>>{{3}, {-1}, {5}});
    EXPECT_EQ(cell_text(*found[0].table), "Text:n3");
    EXPECT_EQ(found[1].table->row_count(), 0u);
    EXPECT_EQ(cell_text(*found[2].table), "Text:n5");
    EXPECT_TRUE(run_sets(*connection, insert, {}).empty());
}

TEST_F(PostgresBatchTest, OutsideATransactionSetsCommitOneByOne) {
    const std::vector<std::vector<Value>> sets = {{1, "a"}, {2, "b"}, {1, "c"}, {3, "d"}};
    const Error error = error_of([&] { static_cast<void>(run_sets(*connection, insert, sets)); });
    EXPECT_EQ(error.detail().sqlstate, "23505");
    EXPECT_EQ(error.detail().failed_index, 2u);
    EXPECT_EQ(error.detail().applied_indexes, (std::vector<std::size_t>{0, 1, 3}));
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(stored(), "Text:1,2,3");
}

TEST_F(PostgresBatchTest, NothingIsSentAfterAFailingWindow) {
    auto sets = numbers(600);
    sets[300][0] = 1;
    const Error error = error_of([&] { static_cast<void>(run_sets(*connection, insert, sets)); });
    EXPECT_EQ(error.detail().failed_index, 300u);
    EXPECT_EQ(error.detail().applied_indexes.size(), 511u);
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM t"), "Int:511");
}

TEST_F(PostgresBatchTest, InATransactionAFailureFailsAll) {
    begin(*connection);
    auto sets = numbers(600);
    sets[300][0] = 1;
    const Error error = error_of([&] { static_cast<void>(run_sets(*connection, insert, sets)); });
    EXPECT_EQ(error.detail().failed_index, 300u);
    EXPECT_TRUE(error.detail().applied_indexes.empty());
    EXPECT_EQ(connection->state(), db::SessionState::FailedTransaction);
    connection->rollback();
    EXPECT_EQ(stored(), "Text:");
    begin(*connection);
    EXPECT_EQ(run_sets(*connection, insert, numbers(600)).size(), 600u);
    commit(*connection);
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM t"), "Int:600");
}

TEST_F(PostgresBatchTest, BadValueNamesItsSetBeforeItsWindowIsSent) {
    auto sets = numbers(300);
    sets[257][1] = std::string("a\0b", 3);
    const Error error = error_of([&] { static_cast<void>(run_sets(*connection, insert, sets)); });
    EXPECT_EQ(error.code(), ErrorCode::BadRequest);
    EXPECT_EQ(error.detail().failed_index, 257u);
    EXPECT_EQ(error.detail().applied_indexes.size(), 256u);
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM t"), "Int:256");
}

TEST_F(PostgresBatchTest, CopyIsRefusedAndCostsTheSession) {
    for (const char* copy : {"COPY pg_temp.t FROM STDIN", "COPY (SELECT 1) TO STDOUT"}) {
        const auto session = connect();
        run(*session, "CREATE TEMP TABLE t(id int)");
        const std::vector<std::vector<Value>> sets(2);
        const Error error =
            error_of([&] { static_cast<void>(run_sets(*session, reading(copy), sets)); });
        EXPECT_EQ(std::string(error.what()), "COPY to or from the client is not supported");
        EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
        EXPECT_EQ(session->state(), db::SessionState::Broken);
    }
}

TEST_F(PostgresBatchTest, LargeValuesDoNotBlockThePipeline) {
    std::vector<std::vector<Value>> sets;
    for (int i = 0; i < 300; ++i) sets.push_back({i, std::string(100'000, 'x')});
    const auto results =
        run_sets(*connection, writing("INSERT INTO t VALUES ($1, $2) RETURNING s"), sets);
    EXPECT_EQ(results.back().table->cell(0, 0).text.size(), 100'000u);
}

TEST_F(PostgresBatchTest, TooLargeResultIsNotCollectedFirst) {
    if (kIsSanitized) GTEST_SKIP() << "a sanitizer keeps what was freed";
    const auto peak_kilobytes = [] {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    };
    db::Statement statement = reading("SELECT repeat('x', 1000) FROM generate_series(1, $1)");
    statement.max_bytes = 1'000'000;
    const auto before = peak_kilobytes();
    const Error error = error_of([&] {
        static_cast<void>(
            run_sets(*connection, statement, std::vector<std::vector<Value>>{{3}, {100'000}, {5}}));
    });
    EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
    EXPECT_EQ(error.detail().failed_index, 1u);
    EXPECT_LT(peak_kilobytes() - before, 30'000);  // of 100 MB
    EXPECT_EQ(one(*connection, "SELECT 1"), "Int:1");
}

TEST_F(PostgresBatchTest, TooLargeAnswerOfAWriteIsStoredAllTheSame) {
    db::Statement statement = writing(
        "INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, $1) g "
        "WHERE g > (SELECT count(*) FROM t) RETURNING s");
    statement.max_bytes = 100'000;
    const Error error = error_of([&] {
        static_cast<void>(
            run_sets(*connection, statement, std::vector<std::vector<Value>>{{3}, {1000}, {1001}}));
    });
    EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
    EXPECT_EQ(error.detail().failed_index, 1u);
    EXPECT_EQ(error.detail().outcome, Outcome::Done);
    EXPECT_EQ(error.detail().applied_indexes, (std::vector<std::size_t>{0, 1, 2}));
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM t"), "Int:1001");
}

TEST_F(PostgresBatchTest, StaleStatementHeals) {
    static_cast<void>(run_sets(*connection, insert, numbers(2)));
    run(*connection, "DEALLOCATE ALL");
    static_cast<void>(
        run_sets(*connection, insert, std::vector<std::vector<Value>>{{10, "a"}, {11, "b"}}));
    EXPECT_EQ(stored(), "Text:0,1,10,11");
}

TEST_F(PostgresBatchTest, NilInTheFirstSetDoesNotFixTheType) {
    const auto results = run_sets(*connection, reading("SELECT jsonb_build_object('a', $1)"),
                                  std::vector<std::vector<Value>>{{nullptr}, {5}});
    EXPECT_EQ(cell_text(*results[1].table), "Json:{\"a\": 5}");
}

TEST_F(PostgresBatchTest, EndedSessionLeavesTheRestUnknown) {
    const std::vector<std::vector<Value>> sets = {{1}, {0}, {2}};
    const Error error = error_of([&] {
        static_cast<void>(run_sets(
            *connection,
            writing("SELECT CASE WHEN $1 = 0 THEN pg_terminate_backend(pg_backend_pid()) END"),
            sets));
    });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
    EXPECT_EQ(error.detail().failed_index, 1u);
    EXPECT_EQ(error.detail().outcome, Outcome::Unknown);
    EXPECT_EQ(error.detail().applied_indexes, (std::vector<std::size_t>{0}));
}

}  // namespace
}  // namespace kdeps::test
