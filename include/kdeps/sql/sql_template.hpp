#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/source.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/sql/dialect.hpp"
#include "kdeps/sql/statement_class.hpp"

namespace kdeps::sql {

/// Where the value of a slot comes from.
enum class SlotSource {
    Positional,  ///< `$n`, the n-th `?`, `%s`: element `index` of the params list.
    Named,       ///< `:name`, `@name`, `%(name)s`: member `name` of the params object.
    Expression,  ///< `{{ text }}`; evaluated by the caller.
    Text,        ///< A quoted literal with `{{ }}` in it: `text` is a whole text template.
};

/// What becomes of the value.
enum class SlotRole {
    Value,       ///< One bound parameter.
    List,        ///< `IN ({{ list }})`: any number of values.
    Element,     ///< `IN ({{ a }}, {{ b }})`, `IN ($1)`: one of several values, never a list.
    Identifier,  ///< `{{ ident(...) }}`: inserted as a quoted name, already checked by the caller.
    Fragment,    ///< `{{ oneOf(...) }}`: one of the author's own fragments, inserted as it is.
};

/// One input of a statement. Equal expressions, names and numbers share a slot.
struct Slot {
    SlotSource source;
    SlotRole role;
    std::size_t index = 0;  ///< Positional: 0-based.
    std::string name = {};  ///< Named.
    std::string text = {};  ///< Expression: inner text, trimmed; Text: the unquoted literal.
    SourceSpan span = {};
    TextOrigin origin = {};  ///< Of `text`, for errors inside it.
};

/// How the error of a bad value names a slot: its expression or its placeholder.
[[nodiscard]] std::string describe(const Slot& slot);

/// A statement ready to be sent: native placeholders, parameters in their order.
struct BoundStatement {
    std::shared_ptr<const std::string> text;
    std::vector<Value> parameters;
};

/// A statement of the workflow, compiled once: its text in the driver's form, with slots.
///
/// Request data never becomes part of the text: the only inserted parts are identifiers and
/// fragments the author listed. Immutable; safe to use from several threads.
class SqlTemplate {
 public:
    /// Rewrites `$1 ? :name @name %s %(name)s` and `{{ }}` to native placeholders; knows strings
    /// (E'', N'', U&'', dollar quotes), comments, casts `::`, JSON operators ? ?| ?&, backticks and
    /// brackets.
    ///
    /// Errors: Error(SqlSyntax) with place and hint: a slot where a name must stand, mixed
    ///         placeholder styles, several statements in one text, an unclosed string or comment.
    [[nodiscard]] static SqlTemplate compile(std::string_view text, const TextOrigin& origin,
                                             const Dialect& dialect);

    [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
    /// How many positional parameters the text uses (highest number), 0 if none.
    [[nodiscard]] std::size_t positional_count() const { return positional_count_; }
    [[nodiscard]] const StatementClass& statement_class() const { return class_; }
    [[nodiscard]] const Dialect& dialect() const { return *dialect_; }

    /// `values[i]` belongs to `slots()[i]`, which REQUIRES as many values as slots.
    ///
    /// Values:  for Value slots any value; for List a list, a table of one column, or any other
    ///          value as a list of one (nil is one NULL); for Identifier and Fragment a string.
    ///          A List parameter is a list on PostgreSQL, JSON text on SQLite, and one parameter
    ///          per value on MySQL and SQL Server.
    /// Errors:  Error(BadRequest) for a NUL in text, a list where it would be one value of IN ( ),
    ///          a list slot's table with several columns,
    ///          bytes in a list on SQLite, an identifier that is empty or no string, lists with
    ///          more values than the database takes parameters.
    [[nodiscard]] BoundStatement bind(std::vector<Value> values) const;

 private:
    friend class TemplateCompiler;
    struct Piece {
        std::string text;  ///< SQL text before the slot.
        std::size_t slot;  ///< Index into slots_, or npos for the tail.
    };
    /// One native parameter: a slot's value, or one element of a list that was expanded.
    struct ParameterSource {
        std::size_t slot;
        std::size_t element;  ///< npos for the value itself.
    };
    struct Rendered {
        std::string text;
        std::vector<ParameterSource> order;
    };
    /// Whether the text depends on values: inserted names and fragments, expanded lists.
    [[nodiscard]] bool varies() const;
    [[nodiscard]] Rendered render(std::span<const Value> values, bool padded) const;
    [[nodiscard]] Rendered render_within_limit(std::span<const Value> values) const;
    [[nodiscard]] bool takes_each_slot_once() const;

    std::vector<Piece> pieces_;
    std::vector<Slot> slots_;
    std::size_t positional_count_ = 0;
    StatementClass class_;
    const Dialect* dialect_ = nullptr;
    std::shared_ptr<const std::string> fixed_text_;  ///< Set when the text never varies.
    std::vector<ParameterSource> fixed_order_;       ///< With fixed_text_: one per parameter,
    bool takes_slots_in_order_ = false;              ///< which are the slots, each once.
};

/// A text in which no two placeholders share a parameter.
struct SeparatedStatement {
    std::string text;
    std::vector<std::size_t> sources;  ///< Parameter n of `text` takes the old parameter (0-based).
};

/// Rewrites a text with the driver's numbers so that each occurrence has one of its own.
///
/// Values: needed where the server infers two different types for one repeated parameter.
/// Errors: Error(SqlSyntax) if the text has an unclosed literal.
[[nodiscard]] SeparatedStatement separate_parameters(std::string_view text, const Dialect& dialect);

/// `name` quoted as the dialect quotes identifiers; `a.b` quotes each part.
///
/// Errors: Error(BadRequest) for an empty name or part, and for a NUL.
[[nodiscard]] std::string quote_identifier(std::string_view name, const Dialect& dialect);

}  // namespace kdeps::sql
