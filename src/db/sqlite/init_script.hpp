#pragma once

#include <string>

struct sqlite3;

namespace kdeps::db {

/// Runs every statement of `script`; the caller has begun a transaction.
///
/// Errors: ConnectionFailed with `file:line:` of the mistake and SQLite's message.
void run_script(sqlite3* database, const std::string& script, const std::string& file);

/// Errors: ConnectionFailed when the file cannot be read.
[[nodiscard]] std::string read_script(const std::string& file);

}  // namespace kdeps::db
