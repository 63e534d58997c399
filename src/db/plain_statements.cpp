#include "plain_statements.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kdeps::db {

namespace {

/// Whether it can be plain at all: a procedure, or a function that is not built in, may do
/// anything, and what is said of a statement that defines something is out of date at once.
bool may_be_plain(const sql::StatementClass& what) {
    const bool calls = what.effect == sql::SessionEffect::Transactional && what.may_write;
    return what.effect != sql::SessionEffect::Session && !calls && !what.calls_unknown &&
           !what.changes_schema;
}

/// Whether it defines something that only its own session sees, which does not last.
bool makes_temporary(const std::string& text, const sql::Dialect& dialect) {
    const auto names = sql::names_in(text, dialect);
    const auto end = names.begin() + std::min<std::ptrdiff_t>(std::ssize(names), 5);
    return std::find_if(names.begin(), end, [](const std::string& name) {
               return name == "temp" || name == "temporary";
           }) != end;
}

}  // namespace

std::optional<PlainStatements::Knowledge> PlainStatements::find(const std::string& text,
                                                                SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    const auto known = by_text_.find(text);
    if (known == by_text_.end() || known->second.until <= now) return std::nullopt;
    return known->second;
}

void PlainStatements::learn(const std::string& text, bool is_plain, std::uint64_t epoch) {
    if (text.size() > kLongestText) return;
    const SteadyTime until = std::chrono::steady_clock::now() + kBelieved;
    const std::lock_guard lock(mutex_);
    if (epoch != epoch_) return;
    if (by_text_.size() >= kCapacity && !by_text_.contains(text)) by_text_.clear();
    by_text_.insert_or_assign(text, Knowledge{is_plain, until});
}

void PlainStatements::forget_all() {
    const std::lock_guard lock(mutex_);
    ++epoch_;
    by_text_.clear();
}

void SessionTrail::note(const Statement& statement) {
    const sql::StatementClass& what = statement.statement_class;
    if ((what.opens_transaction || what.ends_transaction) && !what.changes_schema &&
        what.effect == sql::SessionEffect::Transactional) {
        return;
    }
    if (what.changes_schema && !makes_temporary(*statement.text, known_->dialect())) {
        changes_schema_ = true;
        known_->forget_all();
    }
    const std::optional<bool> is_plain = may_be_plain(what) ? ask(*statement.text) : false;
    if (is_plain && *is_plain) return;
    is_clean_ = false;
    if (is_plain || unknown_.size() >= kMostUnknown) {
        has_foreign_ = true;
    } else {
        unknown_.push_back(statement.text);
    }
}

bool SessionTrail::is_plain(const Statement& statement) {
    return may_be_plain(statement.statement_class) && ask(*statement.text).value_or(false);
}

std::optional<bool> SessionTrail::ask(const std::string& text) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (const std::uint64_t epoch = known_->epoch(); epoch != epoch_) {
        plain_until_.clear();
        epoch_ = epoch;
    }
    const auto copied = plain_until_.find(text);
    if (copied != plain_until_.end() && now < copied->second) return true;
    const auto known = known_->find(text, now);
    if (!known) return std::nullopt;
    if (!known->is_plain) return false;
    if (plain_until_.size() >= PlainStatements::kCapacity) plain_until_.clear();
    plain_until_.insert_or_assign(text, known->until);
    return true;
}

std::vector<std::shared_ptr<const std::string>> SessionTrail::start_anew() {
    // Others may have learnt from the old schema while the statement ran.
    if (std::exchange(changes_schema_, false)) known_->forget_all();
    is_clean_ = true;
    has_foreign_ = false;
    return std::exchange(unknown_, {});
}

}  // namespace kdeps::db
