#include "statement.hpp"

#include "kdeps/base/error.hpp"
#include "kdeps/sql/script.hpp"

namespace kdeps::sql {
namespace {

/// Follows BEGIN ... END through the tokens of one statement, so as to know its inner semicolons.
class BodyTracker {
 public:
    BodyTracker(std::string_view text, const Dialect& dialect) : text_(text), dialect_(dialect) {}

    /// Whether a semicolon at this place belongs to a body.
    [[nodiscard]] bool is_inside() const { return depth_ > 0 || takes_rest_; }

    void see(const Token& token) {
        ++seen_;
        const bool after_end = after_end_;
        after_end_ = false;
        if (token.kind != TokenKind::Word) return;
        const auto is = [&](std::string_view word) { return token.is_word(text_, word); };
        if (seen_ == 1) {
            starts_ = is("create") || is("alter") ? Start::Definition
                      : is("begin")               ? Start::Begin
                                                  : Start::Other;
            return;
        }
        if (starts_ == Start::Begin && seen_ == 2) see_second_after_begin(token);
        if (starts_ == Start::Definition && depth_ == 0 && is_routine_word(token)) {
            has_body_ = true;
            // All that follows CREATE [OR ALTER] PROCEDURE is then its body, BEGIN or not.
            takes_rest_ = dialect_.blocks == Blocks::Anywhere && seen_ <= 4;
        }
        if (!has_body_) return;
        if (after_end && closes_inner_block(token)) return;
        if (is("begin") || (is("case") && !after_end && depth_ > 0)) {
            ++depth_;
        } else if (is("end") && depth_ > 0) {
            --depth_;
            after_end_ = true;
        }
    }

 private:
    enum class Start { Other, Definition, Begin };

    [[nodiscard]] bool is_routine_word(const Token& token) const {
        return token.is_word(text_, "trigger") || token.is_word(text_, "procedure") ||
               token.is_word(text_, "proc") || token.is_word(text_, "function") ||
               token.is_word(text_, "event") || token.is_word(text_, "package");
    }

    /// `BEGIN NOT ATOMIC` (MariaDB) and `BEGIN <statement>` (T-SQL) are blocks, not transactions.
    void see_second_after_begin(const Token& token) {
        const bool transaction = token.is_word(text_, "tran") ||
                                 token.is_word(text_, "transaction") ||
                                 token.is_word(text_, "distributed");
        if ((dialect_.blocks == Blocks::NotAtomic && token.is_word(text_, "not")) ||
            (dialect_.blocks == Blocks::Anywhere && !transaction)) {
            has_body_ = true;
            depth_ = 1;
        }
    }

    /// `END IF`, `END LOOP`, ... close what never was counted.
    bool closes_inner_block(const Token& token) {
        for (const std::string_view word : {"if", "loop", "while", "repeat", "for"}) {
            if (token.is_word(text_, word)) {
                ++depth_;
                return true;
            }
        }
        return false;
    }

    std::string_view text_;
    const Dialect& dialect_;
    Start starts_ = Start::Other;
    std::size_t seen_ = 0;
    std::size_t depth_ = 0;
    bool has_body_ = false;
    bool takes_rest_ = false;
    bool after_end_ = false;
};

}  // namespace

std::vector<Token> single_statement(std::string_view text, const TextOrigin& origin,
                                    const Dialect& dialect, std::span<const Token> tokens) {
    std::vector<Token> statement;
    statement.reserve(tokens.size());
    BodyTracker body(text, dialect);
    bool ended = false;
    for (const Token& token : tokens) {
        if (token.kind == TokenKind::Comment) continue;
        if (token.kind == TokenKind::Semicolon && !body.is_inside()) {
            ended = !statement.empty();
            continue;
        }
        if (ended) {
            throw Error(ErrorCode::SqlSyntax, "a second statement begins here",
                        {.where = origin.span(text, token.begin, token.end - token.begin),
                         .hint = "list the statements under 'queries:', each as one 'query'"});
        }
        body.see(token);
        statement.push_back(token);
    }
    if (statement.empty()) {
        throw Error(ErrorCode::SqlSyntax, "the statement is empty",
                    {.where = origin.span(text, 0, 1)});
    }
    return statement;
}

std::vector<ScriptStatement> split_script(std::string_view text, const TextOrigin& origin,
                                          const Dialect& dialect) {
    std::vector<ScriptStatement> statements;
    std::optional<BodyTracker> body;
    std::size_t begin = 0;
    std::size_t end = 0;
    const auto finish = [&] {
        if (body) statements.push_back({begin, text.substr(begin, end - begin)});
        body.reset();
    };
    for (const Token& token : tokenize(text, origin, dialect)) {
        if (token.kind == TokenKind::Comment) continue;
        if (token.kind == TokenKind::Semicolon && !(body && body->is_inside())) {
            finish();
            continue;
        }
        if (!body) {
            body.emplace(text, dialect);
            begin = token.begin;
        }
        body->see(token);
        end = token.end;
    }
    finish();
    return statements;
}

}  // namespace kdeps::sql
