#pragma once

#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "kdeps/db/pool.hpp"

#include "support/database.hpp"
#include "support/fake_driver.hpp"

namespace kdeps::test {

/// One session, used by one request after the other, for the fixture of one database: what a
/// statement changes in it must be gone when the next one comes.
///
/// `Database` has the member `dsn`, a static make_driver(dsn) and `kDialect`.
template <typename Database>
class CleanSessionTest : public Database {
 protected:
    void SetUp() override {
        Database::SetUp();
        if (this->IsSkipped()) return;
        sql::PoolSettings settings;
        settings.name = "clean";
        settings.max_connections = 1;
        pool.emplace(settings, Database::make_driver(this->dsn), events);
    }
    /// A request of its own, classed as a workflow's statement is.
    db::Result request(const std::string& text) {
        return pool->execute({.text = std::make_shared<const std::string>(text),
                              .statement_class = sql::classify(text, Database::kDialect)},
                             {}, {.deadline = soon()});
    }
    std::string answer(const std::string& text) {
        const db::Result result = request(text);
        return result.table && result.table->row_count() == 1 ? cell_text(*result.table)
                                                              : "not one row";
    }

    EventLog events;
    std::optional<db::Pool> pool;
};

}  // namespace kdeps::test
