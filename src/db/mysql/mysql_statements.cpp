#include "mysql/mysql_statements.hpp"

#include <new>

namespace kdeps::db {

MYSQL_STMT* MysqlStatements::prepare(const std::string& text) {
    if (const auto found = by_text_.find(text); found != by_text_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return entries_.front().statement.get();
    }
    MysqlStatement statement(mysql_stmt_init(handle_));
    if (!statement) throw std::bad_alloc();
    if (mysql_stmt_prepare(statement.get(), text.data(), text.size()) != 0) {
        failed_ = std::move(statement);
        return nullptr;
    }
    if (entries_.size() >= kCapacity) forget(entries_.back().text);
    entries_.push_front({text, std::move(statement)});
    by_text_.emplace(entries_.front().text, entries_.begin());
    return entries_.front().statement.get();
}

void MysqlStatements::forget(const std::string& text) {
    const auto found = by_text_.find(text);
    if (found == by_text_.end()) return;
    const auto entry = found->second;
    by_text_.erase(found);  // its key borrows from the entry
    entries_.erase(entry);
}

void MysqlStatements::clear() {
    by_text_.clear();
    entries_.clear();
    failed_.reset();
}

}  // namespace kdeps::db
