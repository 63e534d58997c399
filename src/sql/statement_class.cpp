#include "kdeps/sql/statement_class.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

#include "reading_functions.hpp"
#include "statement.hpp"

namespace kdeps::sql {
namespace {

using enum SessionEffect;

/// What the first word says. A word that is missing here may do anything.
const std::unordered_map<std::string, StatementClass>& first_words() {
    static const std::unordered_map<std::string, StatementClass> words = {
        // Reading.
        {"select", {Neutral, false}},
        {"with", {Neutral, false}},
        {"values", {Neutral, false}},
        {"table", {Neutral, false}},
        {"explain", {Neutral, false}},
        {"describe", {Neutral, false}},
        {"desc", {Neutral, false}},
        {"show", {Neutral, false}},
        // Writing; nothing stays in the session.
        {"insert", {Neutral, true}},
        {"update", {Neutral, true}},
        {"delete", {Neutral, true}},
        {"merge", {Neutral, true}},
        {"replace", {Neutral, true}},
        {"truncate", {Neutral, true}},
        {"copy", {Neutral, true}},
        {"create", {.effect = Neutral, .may_write = true, .changes_schema = true}},
        {"alter", {.effect = Neutral, .may_write = true, .changes_schema = true}},
        {"drop", {.effect = Neutral, .may_write = true, .changes_schema = true}},
        {"rename", {.effect = Neutral, .may_write = true, .changes_schema = true}},
        {"comment", {Neutral, true}},
        {"grant", {Neutral, true}},
        {"revoke", {Neutral, true}},
        {"reindex", {Neutral, true}},
        {"vacuum", {Neutral, true}},
        {"analyze", {Neutral, true}},
        {"optimize", {Neutral, true}},
        {"cluster", {Neutral, true}},
        {"refresh", {Neutral, true}},
        {"notify", {Neutral, true}},
        // Open or close transactions, or may do so inside.
        {"begin", {Transactional, false}},
        {"start", {Transactional, false}},
        {"savepoint", {Transactional, false}},
        {"release", {Transactional, false}},
        {"rollback", {Transactional, false}},
        {"abort", {Transactional, false}},
        {"commit", {Transactional, true}},
        {"end", {Transactional, true}},
        {"call", {Transactional, true}},
        {"do", {Transactional, true}},
        // Stay in the session; listed only because they write nothing.
        {"set", {Session, false}},
        {"reset", {Session, false}},
        {"listen", {Session, false}},
        {"unlisten", {Session, false}},
        {"use", {Session, false}},
    };
    return words;
}

class Classifier {
 public:
    Classifier(std::string_view text, const Dialect& dialect, std::span<const Token> tokens)
        : text_(text), dialect_(dialect) {
        for (const Token& token : tokens) see_comment(token);
        code_.reserve(tokens.size());
        for (const Token& token : tokens) {
            if (token.kind != TokenKind::Comment) code_.push_back(token);
        }
    }

    StatementClass run() {
        first_ = 0;
        while (first_ < code_.size() && (code_[first_].kind == TokenKind::Open ||
                                         code_[first_].kind == TokenKind::Semicolon)) {
            ++first_;
        }
        read_first_word();
        for (std::size_t i = first_; i < code_.size(); ++i) see(i);
        return {std::max(effect_, class_.effect),
                class_.may_write,
                class_.ends_transaction || ends_transaction(),
                opens_transaction(),
                class_.calls_unknown,
                class_.changes_schema};
    }

 private:
    [[nodiscard]] bool is_word(std::size_t index, std::string_view word) const {
        return index < code_.size() && code_[index].is_word(text_, word);
    }
    [[nodiscard]] bool first_is(std::string_view word) const { return is_word(first_, word); }
    void at_least(SessionEffect effect) { effect_ = std::max(effect_, effect); }

    /// What stands in `/*! ... */` is run by some.
    void see_comment(const Token& token) {
        if (!dialect_.executable_comments || token.kind != TokenKind::Comment) return;
        const std::string_view comment = token.of(text_);
        if (comment.starts_with("/*!") || comment.starts_with("/*M!")) {
            at_least(Session);
            executable_comment_ = true;
        }
    }

    void read_first_word() {
        class_ = {Session, true};
        if (first_ >= code_.size() || code_[first_].kind != TokenKind::Word) return;
        const std::string word = to_lower(code_[first_].of(text_));
        if (const auto known = first_words().find(word); known != first_words().end()) {
            class_ = known->second;
        }
        refine(word);
        if (executable_comment_) class_.may_write = true;
    }

    void refine(const std::string& word) {
        for (const FirstWords& words : dialect_.first_words) {
            const bool second = words.second.empty() || is_word(first_ + 1, words.second);
            if (words.first == word && second) class_ = words.meaning;
        }
        if ((word == "create" || word == "drop") && names_temporary_object()) {
            class_.effect = Session;
        } else if (word == "begin" && begins_block()) {
            class_ = {Session, true};
        } else if (word == "start" && !is_word(first_ + 1, "transaction")) {
            class_ = {Session, true};  // START REPLICA and the like
        }
    }

    [[nodiscard]] bool opens_transaction() const {
        return (first_is("begin") && !begins_block()) ||
               (first_is("start") && is_word(first_ + 1, "transaction"));
    }

    [[nodiscard]] bool ends_transaction() const {
        if (first_ >= code_.size() || code_[first_].kind != TokenKind::Word) return false;
        const std::string word = to_lower(code_[first_].of(text_));
        if (word == "rollback") return !is_word(first_ + 1, "to") && !is_word(first_ + 2, "to");
        if (opens_transaction()) return true;
        if (word == "commit" || word == "end" || word == "abort") return true;
        return std::ranges::find(dialect_.implicit_commits, word) !=
                   dialect_.implicit_commits.end() &&
               !names_temporary_object();
    }

    /// `BEGIN NOT ATOMIC ...` (MariaDB), `BEGIN <statement>` (T-SQL).
    [[nodiscard]] bool begins_block() const {
        if (dialect_.blocks == Blocks::NotAtomic) return is_word(first_ + 1, "not");
        return dialect_.blocks == Blocks::Anywhere && first_ + 1 < code_.size() &&
               !is_word(first_ + 1, "tran") && !is_word(first_ + 1, "transaction") &&
               !is_word(first_ + 1, "distributed") &&
               code_[first_ + 1].kind != TokenKind::Semicolon;
    }

    /// `CREATE [OR REPLACE] [GLOBAL | LOCAL] TEMP ...`
    [[nodiscard]] bool names_temporary_object() const {
        for (std::size_t i = first_ + 1; i < first_ + 5; ++i) {
            if (is_word(i, "temp") || is_word(i, "temporary")) return true;
        }
        return false;
    }

    void see(std::size_t index) {
        const Token& token = code_[index];
        if (dialect_.assigning_operator && token.of(text_) == ":=") at_least(Session);
        const bool quoted = token.kind == TokenKind::QuotedName;
        if (token.kind != TokenKind::Word && !quoted) return;
        const std::string word = to_lower(quoted ? token.body(text_) : token.of(text_));
        if (index + 1 < code_.size() && code_[index + 1].of(text_) == "(") {
            see_call(word, index);
        } else if (dialect_.exec_calls && (first_is("exec") || first_is("execute"))) {
            apply_rule(word);
        }
        const bool temporary = dialect_.hash_names && word.starts_with('#') &&
                               (first_is("create") || is_word(index - 1, "into"));
        const bool in_session =
            !dialect_.temporary_schema.empty() && word == dialect_.temporary_schema;
        if (temporary || in_session) at_least(Session);
        if (!quoted) see_keyword(word, index);
    }

    /// What the dialect's rule says of a function; returns whether there is one.
    bool apply_rule(std::string_view name) {
        const auto rule = std::ranges::find_if(
            dialect_.functions, [name](const auto& r) { return name.starts_with(r.prefix); });
        if (rule == dialect_.functions.end()) return false;
        at_least(rule->effect);
        class_.may_write = class_.may_write || rule->may_write;
        return true;
    }

    void see_call(const std::string& name, std::size_t index) {
        if (apply_rule(name) || !dialect_.stored_functions) return;
        if ((is_known_to_read(name) && !is_of_a_schema(index)) || names_columns(index)) return;
        class_.may_write = true;
        class_.calls_unknown = true;
    }

    /// `shop.lower(a)` is not the function that is built in, `pg_catalog.lower(a)` is.
    [[nodiscard]] bool is_of_a_schema(std::size_t index) const {
        return index >= first_ + 2 && code_[index - 1].kind == TokenKind::Dot &&
               (dialect_.system_schema.empty() || !is_word(index - 2, dialect_.system_schema));
    }

    /// Whether the brackets after a name hold columns: `INSERT INTO t (a)`, `AS t (a)`, `) t (a)`,
    /// `WITH t (a) AS (...)`.
    [[nodiscard]] bool names_columns(std::size_t index) const {
        while (index >= first_ + 2 && code_[index - 1].kind == TokenKind::Dot) index -= 2;
        if (index == first_) return false;
        const Token& before = code_[index - 1];
        if (before.kind == TokenKind::Close) return true;
        static constexpr std::array<std::string_view, 9> kBeforeTables = {
            "into",      "insert", "ignore", "replace",   "table",
            "recursive", "with",   "as",     "references"};
        const auto stands_before = [&](std::string_view word) {
            return before.is_word(text_, word);
        };
        if (std::ranges::any_of(kBeforeTables, stands_before)) return true;
        return first_is("with") && before.kind == TokenKind::Comma && is_with_query(index + 1);
    }
    /// `(a, b) AS (`, `(a) AS MATERIALIZED (`
    [[nodiscard]] bool is_with_query(std::size_t open) const {
        std::size_t close = open;
        while (close < code_.size() && code_[close].kind != TokenKind::Close) ++close;
        if (!is_word(close + 1, "as")) return false;
        return is_word(close + 2, "materialized") || is_word(close + 2, "not") ||
               (close + 2 < code_.size() && code_[close + 2].kind == TokenKind::Open);
    }

    void see_keyword(const std::string& word, std::size_t index) {
        const bool reads = first_is("select") || first_is("with") || first_is("explain") ||
                           first_is("describe") || first_is("desc") || first_is("values") ||
                           first_is("table");
        if (!reads) return;
        if (word == "insert" || word == "update" || word == "delete" || word == "merge") {
            // `SELECT ... FOR UPDATE` takes locks, which a read-only transaction refuses too.
            class_.may_write = class_.may_write || !calls(index);
        } else if (word == "share" && is_word(index - 1, "for")) {
            class_.may_write = true;
        } else if (word == "into") {
            see_into(index);
        }
    }
    [[nodiscard]] bool calls(std::size_t index) const {
        return index + 1 < code_.size() && code_[index + 1].kind == TokenKind::Open;
    }

    void see_into(std::size_t index) {
        class_.may_write = true;
        const bool variable =
            index + 1 < code_.size() && code_[index + 1].kind == TokenKind::Variable;
        if (variable || is_word(index + 1, "temp") || is_word(index + 1, "temporary") ||
            is_word(index + 2, "temp") || is_word(index + 2, "temporary")) {
            at_least(Session);
        }
    }

    std::string_view text_;
    const Dialect& dialect_;
    std::vector<Token> code_;
    std::size_t first_ = 0;
    StatementClass class_;
    SessionEffect effect_ = Neutral;
    bool executable_comment_ = false;
};

}  // namespace

StatementClass classify_tokens(std::string_view text, const Dialect& dialect,
                               std::span<const Token> tokens) {
    return Classifier(text, dialect, tokens).run();
}

std::vector<std::string> names_in(std::string_view sql, const Dialect& dialect) {
    std::vector<std::string> names;
    std::vector<Token> tokens;
    try {
        tokens = tokenize(sql, TextOrigin{}, dialect);
    } catch (const Error&) {
        return names;
    }
    for (const Token& token : tokens) {
        const bool quoted = token.kind == TokenKind::QuotedName;
        if (!quoted && token.kind != TokenKind::Word) continue;
        std::string name = quoted ? std::string(token.body(sql)) : to_lower(token.of(sql));
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    }
    return names;
}

StatementClass classify(std::string_view sql, const Dialect& dialect) {
    try {
        return classify_tokens(sql, dialect, tokenize(sql, TextOrigin{}, dialect));
    } catch (const Error&) {
        return {SessionEffect::Session, true};
    }
}

}  // namespace kdeps::sql
