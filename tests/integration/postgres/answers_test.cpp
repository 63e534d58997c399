// How answers are read: a statement's first, and those after a large one, row by row; what follows
// a small one is collected by libpq, or asked for again row by row if it turns out large.
#include <sys/resource.h>

#include "postgres_fixture.hpp"
#include "support/sanitizers.hpp"

namespace kdeps::test {
namespace {

class PostgresAnswersTest : public PostgresTest {
 protected:
    static constexpr const char* kRows =
        "SELECT i, repeat('x', 1000) FROM generate_series(1, $1) i";

    db::Result rows(std::int64_t count, std::size_t max_bytes = 64u << 20) {
        db::Statement statement = reading(kRows);
        statement.max_bytes = max_bytes;
        const auto result = connection->execute(statement, std::vector<Value>{count});
        learn();
        return result;
    }
    /// Only what is known to write nothing is collected.
    void learn() {
        if (!connection->session_changed() || connection->in_transaction()) return;
        EXPECT_TRUE(connection->clean());
    }
    static long peak_kilobytes() {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    }
    /// Fails `SELECT pg_sleep()`, which has had a small answer, by `action` once it runs.
    template <typename Action>
    Error error_of_second_sleep(Action action) {
        const char* const sleep = "SELECT 1 FROM pg_sleep($1)";
        one(*connection, sleep, {0});
        learn();
        const std::jthread thread = once_running(action);
        return error_of([&] { one(*connection, sleep, {30}); });
    }
};

TEST_F(PostgresAnswersTest, AreTheSameHoweverTheyAreRead) {
    for (const std::int64_t count : {3, 3, 0, 5000, 5000, 2, 2}) {
        const auto result = rows(count);
        ASSERT_EQ(result.table->row_count(), static_cast<std::size_t>(count));
        EXPECT_EQ(result.rows_affected, count);
        for (std::size_t row = 0; row < result.table->row_count(); ++row) {
            ASSERT_EQ(result.table->cell(row, 0).text, std::to_string(row + 1));
            ASSERT_EQ(result.table->cell(row, 1).text.size(), 1000u);
        }
    }
}

TEST_F(PostgresAnswersTest, AreGivenByOneExecution) {
    run(*connection, "CREATE TEMP TABLE calls(n int)");
    run(*connection,
        "CREATE FUNCTION pg_temp.note(count int) RETURNS SETOF text LANGUAGE plpgsql AS $$BEGIN "
        "INSERT INTO calls VALUES (count); "
        "RETURN QUERY SELECT repeat('x', 1000) FROM generate_series(1, count); END$$");
    int calls = 0;
    for (const int count : {1, 4400, 1, 5000, 1, 6000, 1, 8000, 1, 12'000}) {
        const auto result =
            connection->execute(reading("SELECT pg_temp.note($1)"), std::vector<Value>{count});
        EXPECT_EQ(result.table->row_count(), static_cast<std::size_t>(count));
        EXPECT_EQ(one(*connection, "SELECT count(*) FROM calls"), "Int:" + std::to_string(++calls))
            << count;
    }
}

TEST_F(PostgresAnswersTest, NullsAndEmptyTextsStayApart) {
    const char* const text = "SELECT NULL::text, '', NULL::int, $1::text";
    for (int i = 0; i < 3; ++i) {
        const auto result = connection->execute(reading(text), std::vector<Value>{""});
        EXPECT_EQ(cell_text(*result.table, 0, 0), "Null");
        EXPECT_EQ(cell_text(*result.table, 0, 1), "Text:");
        EXPECT_EQ(cell_text(*result.table, 0, 2), "Null");
        EXPECT_EQ(cell_text(*result.table, 0, 3), "Text:");
    }
}

TEST_F(PostgresAnswersTest, OneCellMayTakeAlmostAllOfTheLimit) {
    const char* const cell = "SELECT repeat('x', $1)";
    for (const std::int64_t size : {1, 60'000'000, 1}) {
        EXPECT_EQ(one(*connection, cell, {size}).size(), static_cast<std::size_t>(size) + 5);
    }
    const Error error = error_of([&] { one(*connection, cell, {80'000'000}); });
    EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
    EXPECT_EQ(one(*connection, cell, {1}), "Text:x");
}

TEST_F(PostgresAnswersTest, LargeOnesAreReadInATransactionToo) {
    begin(*connection);
    for (const std::int64_t count : {1, 50'000, 1}) {
        EXPECT_EQ(rows(count).table->row_count(), static_cast<std::size_t>(count));
        EXPECT_EQ(connection->state(), db::SessionState::InTransaction);
    }
    commit(*connection);
}

TEST_F(PostgresAnswersTest, NoticesAreNoPartOfTheResult) {
    run(*connection,
        "CREATE FUNCTION pg_temp.tell(count int) RETURNS int LANGUAGE plpgsql AS "
        "$$BEGIN FOR i IN 1..count LOOP RAISE NOTICE '%', repeat('x', 1000); END LOOP; "
        "RETURN count; END$$");
    for (const char* const count : {"1", "10000", "10000"}) {
        EXPECT_EQ(one(*connection, "SELECT pg_temp.tell($1::int)", {std::stoi(count)}),
                  std::string("Int:") + count);
    }
}

TEST_F(PostgresAnswersTest, NullsOfALargeOneTakeNoMemoryAtOnce) {
    const char* const nulls =
        "SELECT n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n "
        "FROM (SELECT NULL AS n FROM generate_series(1, $1)) AS rows";
    static_cast<void>(connection->execute(reading(nulls), std::vector<Value>{1}));
    db::Statement statement = reading(nulls);
    statement.max_bytes = 1'000'000;
    const auto before = peak_kilobytes();
    const Error error = error_of([&] {
        static_cast<void>(connection->execute(statement, std::vector<Value>{2'000'000}));
    });  // 170 MB arrive, 680 MB in libpq
    EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
    if (!kIsSanitized) {
        EXPECT_LT(peak_kilobytes() - before, 100'000);
    }
}

TEST_F(PostgresAnswersTest, TooLargeOneIsGivenUpWhileItArrives) {
    rows(1);
    const auto before = peak_kilobytes();
    for (int i = 0; i < 2; ++i) {
        const Error error = error_of([&] { rows(200'000, 1'000'000); });  // 200 MB
        EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
        EXPECT_STREQ(error.what(), "the result is larger than maxResultBytes (1000000 bytes)");
        EXPECT_EQ(connection->state(), db::SessionState::Idle);
        EXPECT_EQ(rows(2).table->row_count(), 2u);
    }
    if (!kIsSanitized) {
        EXPECT_LT(peak_kilobytes() - before, 30'000);
    }
}

TEST_F(PostgresAnswersTest, CellsThatShrinkAreNotRefusedTooEarly) {
    // 2 bytes arrive for each byte of a bytea, 11 for a row of one NULL, which takes 8.
    const char* const bytes = "SELECT decode(repeat('61', $1), 'hex')";
    const char* const nulls = "SELECT NULL FROM generate_series(1, $1)";
    for (const auto& [text, count] : {std::pair{bytes, 900'000}, std::pair{nulls, 100'000}}) {
        db::Statement statement = reading(text);
        statement.max_bytes = 1'000'000;
        static_cast<void>(connection->execute(statement, std::vector<Value>{1}));
        EXPECT_LE(connection->execute(statement, std::vector<Value>{count}).table->byte_size(),
                  1'000'000u);
    }
}

TEST_F(PostgresAnswersTest, OutcomeOfAWriteWhoseAnswerIsTooLargeIsTrue) {
    run(*connection, "CREATE TEMP TABLE t(s text)");
    db::Statement statement =
        writing("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, $1) RETURNING s");
    statement.max_bytes = 100'000;
    static_cast<void>(connection->execute(statement, std::vector<Value>{1}));
    const Error error = error_of(
        [&] { static_cast<void>(connection->execute(statement, std::vector<Value>{50'000})); });
    EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
    const bool is_stored = one(*connection, "SELECT count(*) FROM t") == "Int:50001";
    EXPECT_EQ(error.detail().outcome, is_stored ? Outcome::Done : Outcome::NotDone);
}

TEST_F(PostgresAnswersTest, WriteWhoseAnswerIsTooLargeIsStored) {
    run(*connection, "CREATE TEMP TABLE t(s text)");
    for (const char* const text :
         {"INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, $1) RETURNING s",
          "WITH w AS (INSERT INTO t SELECT repeat('x', $1 * 1000) RETURNING s) SELECT s FROM w"}) {
        db::Statement statement = writing(text);
        statement.max_bytes = 100'000;
        static_cast<void>(connection->execute(statement, std::vector<Value>{1}));
        const Error error = error_of(
            [&] { static_cast<void>(connection->execute(statement, std::vector<Value>{300})); });
        EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
        EXPECT_EQ(error.detail().outcome, Outcome::Done);
    }
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM t"), "Int:303");
}

TEST_F(PostgresAnswersTest, WaitingForASmallOneEndsWithACancel) {
    const Error error = error_of_second_sleep([this] { connection->cancel(); });
    EXPECT_EQ(error.detail().sqlstate, "57014");
    EXPECT_EQ(one(*connection, "SELECT 1"), "Int:1");
}

TEST_F(PostgresAnswersTest, WaitingForASmallOneEndsWithTheSocket) {
    const Error error = error_of_second_sleep([this] { connection->abort(); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
    EXPECT_EQ(connection->state(), db::SessionState::Broken);
}

TEST_F(PostgresAnswersTest, WaitingForASmallOneEndsWithTheSession) {
    const auto other = connect();
    const int id = std::stoi(connection->session_id());
    const Error error = error_of_second_sleep(
        [&other, id] { run(*other, "SELECT pg_terminate_backend($1)", {id}); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
    EXPECT_EQ(error.detail().sqlstate, "57P01");
}

}  // namespace
}  // namespace kdeps::test
