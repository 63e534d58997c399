#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "kdeps/db/connection.hpp"
#include "kdeps/engine/kind.hpp"
#include "kdeps/testing/suite.hpp"

namespace kdeps::testing {

// What stands in for databases and resources in a test.

/// A database that is down.
[[nodiscard]] std::shared_ptr<const db::Driver> down_driver(
    std::shared_ptr<const db::Driver> driver);

/// A database that lets everybody wait before each answer.
[[nodiscard]] std::shared_ptr<const db::Driver> slow_driver(
    std::shared_ptr<const db::Driver> driver, std::chrono::milliseconds delay);

/// SQLite on files that nobody needs after a crash: waiting for the disk would be nine tenths of a
/// test's time.
[[nodiscard]] std::shared_ptr<const db::Driver> unsynced_driver(
    std::shared_ptr<const db::Driver> driver);

/// A database that no test may touch. `was_asked` becomes true when one tries.
[[nodiscard]] std::shared_ptr<const db::Driver> forbidden_driver(
    std::shared_ptr<const db::Driver> driver, std::shared_ptr<std::atomic<bool>> was_asked);

/// The action of a resource that is mocked.
[[nodiscard]] std::unique_ptr<engine::Step> mocked_action(const Mock& mock);

}  // namespace kdeps::testing
