#include "kdeps/db/connection.hpp"

#include <list>

#include <gtest/gtest.h>

#include "support/database.hpp"
#include "support/fake_driver.hpp"

namespace kdeps::db {
namespace {

using Indexes = std::vector<std::size_t>;

/// What an error says of the commands of one call.
class UnitOfWorkTest : public testing::Test {
 protected:
    /// Adds a command that runs `sets` times; its class is that of the text, or of `as`.
    void add(const std::string& text, std::size_t sets = 1, const char* as = nullptr) {
        parameters.emplace_back(sets);
        commands.push_back(
            {{.text = std::make_shared<const std::string>(text),
              .statement_class = sql::classify(as != nullptr ? as : text, sql::kPostgres)},
             parameters.back()});
    }
    ErrorDetail failure(const UnitOfWork& unit = {.must_end = true}) {
        return test::error_of([&] { connection->run(commands, unit); }).detail();
    }

    test::FakeServer server;
    std::unique_ptr<Connection> connection = test::FakeDriver(server).connect(Deadline::never());
    std::list<std::vector<std::vector<Value>>> parameters;
    std::vector<Command> commands;
};

TEST_F(UnitOfWorkTest, ATransactionThatIsLeftOpenFails) {
    add("INSERT", 2);
    add("BEGIN");
    add("INSERT", 3);
    const ErrorDetail detail = failure();
    EXPECT_EQ(detail.outcome, Outcome::NotDone);
    EXPECT_EQ(detail.failed_index, 2u) << "BEGIN";
    EXPECT_EQ(detail.applied_indexes, (Indexes{0, 1}));
}

TEST_F(UnitOfWorkTest, ReadingInATransactionThatIsLeftOpenLosesNothing) {
    add("BEGIN");
    add("SELECT");
    EXPECT_EQ(connection->run(commands, {.must_end = true}).size(), 2u);
}

TEST_F(UnitOfWorkTest, WhoeverKeepsTheSessionMayLeaveOneOpen) {
    add("BEGIN");
    add("INSERT");
    EXPECT_EQ(connection->run(commands, {}).size(), 2u);
}

TEST_F(UnitOfWorkTest, WhatWasCommittedIsApplied) {
    add("BEGIN");
    add("INSERT", 2);
    add("COMMIT");
    add("FAIL 23505", 1, "INSERT");
    const ErrorDetail detail = failure();
    EXPECT_EQ(detail.outcome, Outcome::NotDone);
    EXPECT_EQ(detail.failed_index, 4u);
    EXPECT_EQ(detail.applied_indexes, (Indexes{0, 1, 2, 3}));
}

TEST_F(UnitOfWorkTest, WhatWasRolledBackIsNot) {
    add("INSERT");
    add("BEGIN");
    add("INSERT");
    add("ROLLBACK");
    add("FAIL 23505", 1, "INSERT");
    EXPECT_EQ(failure().applied_indexes, (Indexes{0, 3}));
}

TEST_F(UnitOfWorkTest, NorWhatWaitsInATransactionThatFails) {
    add("INSERT");
    add("BEGIN");
    add("INSERT");
    add("FAIL 23505", 1, "INSERT");
    EXPECT_EQ(failure().applied_indexes, (Indexes{0}));
}

TEST_F(UnitOfWorkTest, WhatACommitThatChainsHasStoredIsApplied) {
    add("BEGIN");
    add("INSERT");
    add("BEGIN", 1, "COMMIT");  // a transaction is open behind it
    add("INSERT");
    const ErrorDetail detail = failure();
    EXPECT_EQ(detail.outcome, Outcome::NotDone);
    EXPECT_EQ(detail.failed_index, 3u);
    EXPECT_EQ(detail.applied_indexes, (Indexes{0, 1, 2}));
}

TEST_F(UnitOfWorkTest, NothingIsLeftOpenBehindACommitThatChains) {
    add("BEGIN");
    add("INSERT");
    add("BEGIN", 1, "COMMIT");
    EXPECT_EQ(connection->run(commands, {.must_end = true}).size(), 3u);
}

TEST_F(UnitOfWorkTest, ARollbackThatChainsStoresNothing) {
    add("BEGIN");
    add("INSERT");
    add("BEGIN", 1, "ROLLBACK");
    add("FAIL 23505", 1, "INSERT");
    EXPECT_EQ(failure().applied_indexes, (Indexes{2}));
}

TEST_F(UnitOfWorkTest, WhatAnotherBeginMakesOfATransactionNobodyKnows) {
    add("BEGIN");
    add("INSERT");
    add("BEGIN");
    add("FAIL 23505", 1, "INSERT");
    EXPECT_EQ(failure().outcome, Outcome::Unknown);
    commands.pop_back();
    EXPECT_EQ(failure().outcome, Outcome::Unknown) << "left open";
}

TEST_F(UnitOfWorkTest, AProcedureThatFailedMayHaveStoredSomething) {
    for (const char* const text : {"CALL p()", "DO $$ $$", "COMMIT"}) {
        commands.clear();
        add("FAIL 45000", 1, text);
        EXPECT_EQ(failure().outcome, Outcome::Unknown) << text;
        EXPECT_EQ(failure({.begin = true, .commit = true}).outcome, Outcome::Unknown) << text;
        connection->rollback();
    }
    for (const char* const text : {"INSERT", "CREATE TABLE t (a int)"}) {
        commands.clear();
        add("FAIL 45000", 1, text);
        EXPECT_EQ(failure().outcome, Outcome::NotDone) << text;
    }
}

TEST_F(UnitOfWorkTest, OneThatWasNotSentHasStoredNothing) {
    add("SELECT");
    add("CALL p()");
    const ErrorDetail detail = failure({.before_next = [] {
        throw Error(ErrorCode::Cancelled, "too late", {.outcome = Outcome::NotDone});
    }});
    EXPECT_EQ(detail.outcome, Outcome::NotDone);
    EXPECT_EQ(detail.failed_index, 1u);
    EXPECT_EQ(server.counts().statements, 1);
}

TEST_F(UnitOfWorkTest, AStatementThatEndsTheTransactionIsNotCalledDone) {
    add("INSERT");
    add("COMMIT", 1, "CALL p()");
    const ErrorDetail detail = failure({.begin = true, .commit = true});
    EXPECT_EQ(detail.outcome, Outcome::Unknown);
    EXPECT_EQ(detail.failed_index, 1u);
}

TEST_F(UnitOfWorkTest, WhatCommandsGaveIsShownBeforeTheNextOne) {
    add("INSERT", 2);
    add("SELECT");
    Indexes seen;
    const auto look = [&](std::size_t command, std::span<const Result> given) {
        seen.insert(seen.end(), {command, given.size()});
        EXPECT_EQ(server.counts().statements, command == 0 ? 2 : 3);
        EXPECT_TRUE(connection->in_transaction()) << "COMMIT is still to come";
    };
    connection->run(commands, {.begin = true, .commit = true, .on_results = look});
    EXPECT_EQ(seen, (Indexes{0, 2, 1, 1}));
    EXPECT_FALSE(connection->in_transaction());
}

TEST_F(UnitOfWorkTest, WhoeverSeesWhatIsWrongFailsTheCommand) {
    add("INSERT", 2);
    add("INSERT", 3);
    add("INSERT");
    const ErrorDetail detail =
        failure({.begin = true,
                 .commit = true,
                 .on_results = [](std::size_t command, std::span<const Result>) {
                     if (command == 0) return;
                     throw Error(ErrorCode::PreflightFailed, "too few",
                                 {.outcome = Outcome::NotDone, .failed_index = 1});
                 }});
    EXPECT_EQ(detail.failed_index, 3u);
    EXPECT_EQ(detail.outcome, Outcome::NotDone);
    EXPECT_TRUE(detail.applied_indexes.empty());
    EXPECT_EQ(server.counts().statements, 5);
    EXPECT_TRUE(connection->in_transaction());
}

TEST_F(UnitOfWorkTest, ATransactionMayTakeSeveralCalls) {
    add("INSERT", 2);
    connection->run(commands, {.begin = true});
    EXPECT_TRUE(connection->in_transaction());
    const ErrorDetail detail = [&] {
        add("FAIL 23505", 1, "INSERT");
        return failure({.goes_on = true, .commit = true});
    }();
    EXPECT_EQ(detail.failed_index, 2u) << "of this call";
    EXPECT_TRUE(detail.applied_indexes.empty()) << "all of it is undone";
    EXPECT_TRUE(connection->in_transaction());
}

}  // namespace
}  // namespace kdeps::db
