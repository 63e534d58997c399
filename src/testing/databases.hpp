#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kdeps/app/project.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/db/connection.hpp"
#include "kdeps/testing/suite.hpp"

namespace kdeps::testing {

/// The databases that tests run on instead of the workflow's own: for SQLite a file of each test's
/// own, which begins as `init` makes it; for others the one that is given for tests, else none.
///
/// Threads: one caller at a time.
class Databases {
 public:
    /// Errors: std::system_error when there is no room for temporary files.
    Databases(const std::vector<GivenDatabase>& given, EventSink& events);
    ~Databases();  ///< Removes the files.
    Databases(const Databases&) = delete;
    Databases& operator=(const Databases&) = delete;

    /// Gives each connection of the project a new pool on a database as the test wants it.
    ///
    /// Errors: those of `init` and of the fixtures, with their place.
    void prepare(const app::Project& project, const Test& test);
    /// Closes the pools and removes the files of the test. Returns the connections that it asked
    /// for and that have no database for tests.
    std::vector<std::string> release(const app::Project& project);

 private:
    using Connection = resources::DatabaseConnection;

    [[nodiscard]] const std::filesystem::path& template_of(const app::Project& project,
                                                           const std::string& database);
    /// Nullopt for one that no test may touch.
    [[nodiscard]] std::optional<sql::Dsn> fresh_database(const app::Project& project,
                                                         const Connection& connection);
    [[nodiscard]] std::shared_ptr<const db::Driver> driver_of(const app::Project& project,
                                                              const Connection& connection,
                                                              const Test& test);
    [[nodiscard]] const sql::Dsn* given(const std::string& name) const;

    const std::vector<GivenDatabase>& given_;
    EventSink& events_;
    std::filesystem::path folder_;
    // By the workflow's own file.
    std::map<std::string, std::filesystem::path> templates_;  ///< As `init` makes them.
    std::map<std::string, std::filesystem::path> files_;      ///< Of the test.
    std::vector<std::pair<std::string, std::shared_ptr<std::atomic<bool>>>> forbidden_;
};

}  // namespace kdeps::testing
