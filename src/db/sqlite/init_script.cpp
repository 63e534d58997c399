#include "init_script.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

#include <fmt/format.h>
#include <sqlite3.h>

#include "kdeps/base/error.hpp"

namespace kdeps::db {

namespace {

/// Offset of the first byte at or after `offset` that belongs to a statement.
std::size_t skip_space_and_comments(const std::string& script, std::size_t offset) {
    for (;;) {
        offset = script.find_first_not_of(" \t\r\n;", offset);
        if (offset == std::string::npos) return script.size();
        if (script.compare(offset, 2, "--") == 0) {
            offset = script.find('\n', offset);
        } else if (script.compare(offset, 2, "/*") == 0) {
            offset = script.find("*/", offset);
            if (offset != std::string::npos) offset += 2;
        } else {
            return offset;
        }
        if (offset == std::string::npos) return script.size();
    }
}

[[noreturn]] void fail(sqlite3* database, const std::string& script, std::size_t statement,
                       const std::string& file) {
    const int within = sqlite3_error_offset(database);  // -1 when SQLite does not know
    const std::size_t offset = statement + static_cast<std::size_t>(std::max(within, 0));
    const auto end = script.begin() + static_cast<std::ptrdiff_t>(std::min(offset, script.size()));
    const auto line = 1 + std::count(script.begin(), end, '\n');
    throw Error(ErrorCode::ConnectionFailed,
                fmt::format("{}:{}: {}", file, line, sqlite3_errmsg(database)),
                {.hint = "the init script runs in one transaction: nothing of it was kept",
                 .outcome = Outcome::NotDone});
}

}  // namespace

void run_script(sqlite3* database, const std::string& script, const std::string& file) {
    std::size_t offset = skip_space_and_comments(script, 0);
    while (offset < script.size()) {
        sqlite3_stmt* raw = nullptr;
        const char* rest = nullptr;
        const int compiled =
            sqlite3_prepare_v2(database, script.data() + offset,
                               static_cast<int>(script.size() - offset), &raw, &rest);
        const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw,
                                                                              &sqlite3_finalize);
        if (compiled != SQLITE_OK) fail(database, script, offset, file);
        int answer = SQLITE_DONE;
        do {
            answer = sqlite3_step(raw);
        } while (answer == SQLITE_ROW);
        if (answer != SQLITE_DONE) fail(database, script, offset, file);
        offset = skip_space_and_comments(script, static_cast<std::size_t>(rest - script.data()));
    }
}

std::string read_script(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        throw Error(ErrorCode::ConnectionFailed,
                    fmt::format("cannot read the init script '{}'", file));
    }
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace kdeps::db
