#include "databases.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "kdeps/db/pool.hpp"

#include "doubles.hpp"
#include "fixtures.hpp"

namespace kdeps::testing {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kConnectLimit{10};

fs::path make_folder() {
    std::string pattern = (fs::temp_directory_path() / "kdeps-tests-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), pattern);
    }
    return pattern;
}

std::shared_ptr<const db::Driver> open_driver(const sql::Dsn& dsn,
                                              const std::string& init_script = "") {
    auto driver = db::make_driver(dsn, init_script);
    return dsn.dialect->is_file() ? unsynced_driver(std::move(driver)) : driver;
}

std::unique_ptr<db::Connection> connect(const db::Driver& driver) {
    return driver.connect(Deadline::after(kConnectLimit));
}

/// What the workflow only reads must be filled nevertheless.
sql::Dsn writable(sql::Dsn dsn) {
    if (dsn.dialect->is_file()) dsn.options.erase("mode");
    return dsn;
}

/// The file of a SQLite connection, which several may name. Each `:memory:` is one of its own.
std::string original_file(const resources::DatabaseConnection& connection) {
    const std::string& file = connection.dsn.database;
    return file == ":memory:" ? file + connection.name : file;
}

/// On SQLite as one transaction: a commit per statement would take most of a test's time.
void apply_all(const Test& test, const std::string& connection, const db::Driver& driver) {
    const auto is_own = [&](const Fixture& fixture) { return fixture.connection == connection; };
    if (std::ranges::none_of(test.fixtures, is_own)) return;
    const sql::Dialect& dialect = driver.dialect();
    const auto session = connect(driver);
    const auto frame = [&](const char* text) {
        if (!dialect.is_file()) return;
        (void)session->execute({.text = std::make_shared<const std::string>(text),
                                .statement_class = sql::classify(text, dialect)},
                               {});
    };
    frame("BEGIN");
    for (const Fixture& fixture : test.fixtures) {
        if (is_own(fixture)) apply(fixture, *session, dialect);
    }
    frame("COMMIT");
}

std::shared_ptr<const db::Driver> with_fault(std::shared_ptr<const db::Driver> driver,
                                             const Test& test, const std::string& connection) {
    const auto fault = std::ranges::find(test.faults, connection, &Fault::connection);
    if (fault == test.faults.end()) return driver;
    return fault->delay ? slow_driver(std::move(driver), *fault->delay)
                        : down_driver(std::move(driver));
}

/// Sessions are opened when the test needs them, and nobody waits for a database that is down.
sql::PoolSettings settings_for_tests(sql::PoolSettings settings) {
    settings.min_connections = 0;
    settings.required = false;
    return settings;
}

}  // namespace

Databases::Databases(const std::vector<GivenDatabase>& given, EventSink& events)
    : given_(given), events_(events), folder_(make_folder()) {}

Databases::~Databases() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

const sql::Dsn* Databases::given(const std::string& name) const {
    const auto found = std::ranges::find(given_, name, &GivenDatabase::connection);
    return found == given_.end() ? nullptr : &found->dsn;
}

/// A file once filled is copied: cheaper than to run the script for each test.
const fs::path& Databases::template_of(const app::Project& project, const std::string& database) {
    const auto known = templates_.find(database);
    if (known != templates_.end()) return known->second;
    const auto& all = project.connections().all();
    const auto filling = std::ranges::find_if(all, [&](const auto& connection) {
        return original_file(*connection) == database && !connection->init_script.empty();
    });
    const fs::path file = folder_ / fmt::format("template-{}.db", templates_.size());
    (void)connect(*open_driver({.dialect = &sql::kSqlite, .database = file.string()},
                               filling == all.end() ? "" : (*filling)->init_script));
    return templates_.emplace(database, file).first->second;
}

std::optional<sql::Dsn> Databases::fresh_database(const app::Project& project,
                                                  const Connection& connection) {
    if (const sql::Dsn* dsn = given(connection.name)) return *dsn;
    if (!connection.dsn.dialect->is_file()) return std::nullopt;
    const std::string original = original_file(connection);
    auto file = files_.find(original);
    if (file == files_.end()) {
        const fs::path fresh = folder_ / fmt::format("{}.db", files_.size());
        fs::copy_file(template_of(project, original), fresh);
        file = files_.emplace(original, fresh).first;
    }
    sql::Dsn dsn = connection.dsn;
    dsn.database = file->second.string();
    return dsn;
}

std::shared_ptr<const db::Driver> Databases::driver_of(const app::Project& project,
                                                       const Connection& connection,
                                                       const Test& test) {
    const auto dsn = fresh_database(project, connection);
    if (!dsn) {
        const auto was_asked = std::make_shared<std::atomic<bool>>(false);
        forbidden_.emplace_back(connection.name, was_asked);
        return forbidden_driver(db::make_driver(connection.dsn, ""), was_asked);
    }
    apply_all(test, connection.name, *open_driver(writable(*dsn)));
    return open_driver(*dsn);
}

void Databases::prepare(const app::Project& project, const Test& test) {
    for (const auto& connection : project.connections().all()) {
        connection->pool = std::make_shared<db::Pool>(
            settings_for_tests(connection->settings),
            with_fault(driver_of(project, *connection, test), test, connection->name), events_);
    }
}

std::vector<std::string> Databases::release(const app::Project& project) {
    for (const auto& connection : project.connections().all()) connection->pool = nullptr;
    std::error_code ignored;
    for (const auto& [original, file] : files_) {
        for (const char* suffix : {"", "-wal", "-shm"}) {
            fs::remove(file.string() + suffix, ignored);
        }
    }
    files_.clear();
    std::vector<std::string> asked;
    for (const auto& [name, was_asked] : std::exchange(forbidden_, {})) {
        if (*was_asked) asked.push_back(name);
    }
    return asked;
}

}  // namespace kdeps::testing
