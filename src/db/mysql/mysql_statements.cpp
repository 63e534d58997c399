#include "mysql/mysql_statements.hpp"

#include <new>

namespace kdeps::db {

namespace {

/// In a field that libmariadb fills for stored results only; ours are not.
constexpr unsigned long kKnownBefore = 77;

}  // namespace

bool MysqlPrepared::execute() {
    // libmariadb keeps the names of the columns from when it prepared the statement, and fails when
    // there are more or fewer now. Without any it takes over what comes with the rows. MariaDB
    // leaves that out while it is the same; the library then copies what it has, our mark included.
    MYSQL_STMT* raw = statement.get();
    raw->field_count = 0;
    if (!columns.empty()) raw->fields[0].max_length = kKnownBefore;
    if (mysql_stmt_execute(raw) != 0) return false;
    const std::span fields(raw->mysql->fields, raw->mysql->field_count);
    if (fields.empty()) {
        columns.clear();
    } else if (fields[0].max_length != kKnownBefore) {
        columns = mysql_columns(fields);
    }
    return true;
}

MysqlPrepared* MysqlStatements::prepare(const std::string& text) {
    if (const auto found = by_text_.find(text); found != by_text_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return &entries_.front();
    }
    MysqlStatement statement(mysql_stmt_init(handle_));
    if (!statement) throw std::bad_alloc();
    if (mysql_stmt_prepare(statement.get(), text.data(), text.size()) != 0) {
        failed_ = std::move(statement);
        return nullptr;
    }
    auto columns = mysql_columns({statement->fields, statement->field_count});
    entries_.push_front({text, std::move(statement), std::move(columns)});
    by_text_.emplace(entries_.front().text, entries_.begin());
    text_bytes_ += text.size();
    while (entries_.size() > 1 && (entries_.size() > kCapacity || text_bytes_ > kMaxTextBytes)) {
        forget(std::string(entries_.back().text));
    }
    return &entries_.front();
}

void MysqlStatements::forget(const std::string& text) {
    const auto found = by_text_.find(text);
    if (found == by_text_.end()) return;
    const auto entry = found->second;
    text_bytes_ -= entry->text.size();
    by_text_.erase(found);  // its key borrows from the entry
    entries_.erase(entry);
}

void MysqlStatements::clear() {
    by_text_.clear();
    entries_.clear();
    text_bytes_ = 0;
    failed_.reset();
}

}  // namespace kdeps::db
