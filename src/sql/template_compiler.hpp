#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kdeps/sql/sql_template.hpp"

#include "lexer.hpp"
#include "slot_rules.hpp"

namespace kdeps::sql {

/// Turns one statement into a SqlTemplate: copies its text, puts slots in place of placeholders,
/// `{{ }}` and literals that contain them, and rewrites what surrounds them where needed.
class TemplateCompiler {
 public:
    TemplateCompiler(std::string_view text, const TextOrigin& origin, const Dialect& dialect);
    SqlTemplate compile();

 private:
    [[nodiscard]] std::size_t end_of_statement() const;
    void compile_token(std::size_t index);
    void compile_slot(std::size_t index);
    void compile_literal(std::size_t index);
    void compile_list(std::size_t index, std::size_t slot);
    void compile_placeholder(std::size_t index);
    [[nodiscard]] Slot placeholder_slot(const Token& token);
    void drop_comments_until(std::size_t offset);
    void check_style(const Token& token);
    void check_position(std::size_t index, std::string_view expression) const;
    void check_literal(std::size_t index) const;
    [[nodiscard]] bool is_procedure_argument(std::size_t index) const;

    /// The slot's index; an equal one is shared. `token` is where it stands.
    std::size_t add_slot(const Token& token, Slot slot, const std::string& key);
    /// Copies the source up to `begin`, places the slot, and goes on behind `end`.
    void place(std::size_t begin, std::size_t end, std::size_t slot, std::string_view before = {},
               std::string_view after = {});
    void copy_until(std::size_t offset);
    [[nodiscard]] TextOrigin origin_at(std::size_t offset);
    [[nodiscard]] SourceSpan span_of(const Token& token);
    [[noreturn]] void refuse_parameters(const Token& token) const;
    [[noreturn]] void fail(const Token& token, const std::string& message,
                           std::string hint = {}) const;

    std::string_view text_;
    const TextOrigin& origin_;
    std::vector<Token> tokens_;
    std::vector<Token> code_;
    const Dialect& dialect_;
    SlotRules rules_;
    SqlTemplate out_;
    std::unordered_map<std::string, std::size_t> slot_by_key_;
    std::string pending_;       ///< Text since the last slot.
    std::size_t copied_ = 0;    ///< Source up to here is in the output.
    std::size_t comment_ = 0;   ///< Next token to look at for comments.
    std::size_t sequence_ = 0;  ///< Sequential placeholders so far.
    const Token* first_placeholder_ = nullptr;
    /// Places are asked for from left to right, so each counts lines from the last one.
    std::size_t known_offset_ = 0;
    TextOrigin known_origin_;
};

}  // namespace kdeps::sql
