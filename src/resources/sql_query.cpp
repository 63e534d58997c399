#include "sql_query.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "kdeps/base/text.hpp"
#include "kdeps/db/connection.hpp"
#include "kdeps/sql/advice.hpp"

namespace kdeps::resources {

namespace {

using engine::CompileContext;
using engine::RunContext;
using engine::ValueTree;
using workflow::Node;

/// A statement may exist in this many texts at most, so that prepared statements stay few.
constexpr std::size_t kMaxVariants = 64;

/// How many texts `ident(x, [...])` or `oneOf(x, [...])` allows; 0 if the list is not constant.
std::size_t variants_of(const expr::Expression& expression) {
    const auto call = expression.top_call();
    if (!call || call->constants.size() != 2 || !call->constants[1]) return 0;
    const Value& list = *call->constants[1];
    return list.kind() == Kind::List ? list.size() : 0;
}

/// A csv or text table as one parameter is its text; every other value is the driver's to write.
Value as_one(Value value) {
    const bool is_text =
        value.kind() == Kind::Table && value.as_table().format != TableFormat::Json;
    return is_text ? Value(to_text(value)) : value;
}

/// The number that a text spells, if it prints as the same text.
Value number_or_text(Value text) {
    const std::string& spelled = text.as_string();
    if (const auto integer = parse_int64(spelled); integer && std::to_string(*integer) == spelled) {
        return *integer;
    }
    auto number = Decimal::parse(spelled);
    if (!number || number->to_string() != spelled) return text;
    return *std::move(number);
}

/// What becomes of a slot's value, for `--explain`.
std::string use_of(const sql::Slot& slot) {
    if (slot.source == sql::SlotSource::Text) return "bound as one text, quotes included";
    switch (slot.role) {
        case sql::SlotRole::List:
            return "bound as a list";
        case sql::SlotRole::Element:
            return "bound as one value of the list";
        case sql::SlotRole::Identifier:
            return "inserted as a quoted name";
        case sql::SlotRole::Fragment:
            return "inserted as one of the fragments";
        case sql::SlotRole::Value:
            break;
    }
    return "bound as one parameter";
}

void explain_slot(const sql::Slot& slot, CompileContext& context) {
    const bool is_named = slot.source == sql::SlotSource::Named;
    expr::Verdict verdict;
    verdict.kind = expr::TextKind::Expression;
    verdict.reason = "it is a placeholder";
    context.explain(
        {.span = slot.span,
         .text = is_named ? ":" + slot.name : fmt::format("placeholder {}", slot.index + 1),
         .verdict = std::move(verdict),
         .sources = is_named ? fmt::format("member '{}' of params", slot.name)
                             : fmt::format("value {} of params", slot.index + 1),
         .use = use_of(slot)});
}

std::string_view style_of(const sql::Slot& slot) {
    return slot.source == sql::SlotSource::Named ? "a map" : "a list";
}

bool is_word(std::string_view text) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    return !text.empty() && text.find_first_not_of(kLetters) == std::string_view::npos;
}

/// An expression may give anything, a text that stays one is never what `params` needs.
bool is_no_plain_text(const Node& node, const ValueTree& tree, const char* needed,
                      Diagnostics& diagnostics) {
    if (tree.is_dynamic_text()) return true;
    const std::string_view text = trim(node.text);
    std::string hint = "write it out, or an expression such as get('items')";
    if (text.starts_with('[') || text.starts_with('{')) {
        hint = "write it without the quotes, or as an expression: \"{{ ... }}\"";
    } else if (is_word(text)) {
        hint = fmt::format("write: get('{}')", text);
    }
    diagnostics.error(ErrorCode::InvalidValue,
                      fmt::format("{} is a text, not {}", quoted_text(node), needed), node.span,
                      hint);
    return false;
}

}  // namespace

std::vector<expr::LiteralCall> result_calls_in(const std::vector<expr::Expression>& expressions) {
    std::vector<expr::LiteralCall> calls;
    for (const expr::Expression& expression : expressions) {
        for (expr::LiteralCall& call : expression.literal_calls()) {
            if (call.function == "result") calls.push_back(std::move(call));
        }
    }
    return calls;
}

std::optional<SqlQuery> SqlQuery::compile(const workflow::Fields& fields,
                                          const sql::Dialect& dialect, CompileContext& context) {
    const Node& text = *fields.find("query");
    try {
        SqlQuery query(sql::SqlTemplate::compile(text.text, text.origin, dialect), text.span);
        for (sql::Advice& advice : sql::advise(text.text, text.origin, dialect)) {
            context.diagnostics().warning(ErrorCode::SqlSyntax, advice.message, advice.where,
                                          std::move(advice.hint));
        }
        const bool slots_fine = query.compile_slots(context);
        const bool params_fine = query.compile_params(fields, context);
        const bool expectation_fine = query.compile_expectation(fields, context);
        query.name_ = fields.text("name").value_or("");
        if (slots_fine && params_fine && expectation_fine) return query;
    } catch (const Error& error) {
        context.diagnostics().add(Severity::Error, error);
    }
    return std::nullopt;
}

bool SqlQuery::compile_slots(CompileContext& context) {
    std::size_t variants = 1;
    bool fine = true;
    for (const sql::Slot& slot : template_.slots()) {
        Source source;
        if (slot.source == sql::SlotSource::Text) {
            source = context.template_text(slot.text, slot.origin, use_of(slot));
        } else if (slot.source == sql::SlotSource::Expression) {
            const auto expression = context.expression(slot.text, slot.origin, use_of(slot));
            if (!expression) {
                fine = false;
            } else {
                if (slot.role == sql::SlotRole::Identifier ||
                    slot.role == sql::SlotRole::Fragment) {
                    variants *= std::max<std::size_t>(1, variants_of(*expression));
                }
                source = *expression;
            }
        }
        if (std::holds_alternative<std::monostate>(source) && fine) explain_slot(slot, context);
        sources_.push_back(std::move(source));
    }
    if (variants > kMaxVariants) {
        context.diagnostics().error(
            ErrorCode::SqlSyntax,
            fmt::format("this statement has {} variants, more than {}", variants, kMaxVariants),
            span_, "offer fewer names in ident() and oneOf(), or write several resources");
        return false;
    }
    return fine;
}

bool SqlQuery::compile_params(const workflow::Fields& fields, CompileContext& context) {
    const Node* params = fields.find("params");
    const Node* batch = fields.find("paramsBatch");
    if (params != nullptr && batch != nullptr) {
        context.diagnostics().error(ErrorCode::InvalidValue,
                                    "`params` and `paramsBatch` exclude each other", batch->span);
        return false;
    }
    const std::size_t errors_before = context.diagnostics().error_count();
    if (batch != nullptr) {
        batch_ = context.tree(*batch);
        return context.diagnostics().error_count() == errors_before && check_batch(*batch, context);
    }
    if (params != nullptr) {
        params_ = context.tree(*params);
        return context.diagnostics().error_count() == errors_before &&
               check_counts(*params, *params_, context);
    }
    const auto& slots = template_.slots();
    const auto bare = std::find_if(slots.begin(), slots.end(), [](const sql::Slot& slot) {
        return slot.source == sql::SlotSource::Positional || slot.source == sql::SlotSource::Named;
    });
    if (bare == slots.end()) return true;
    context.diagnostics().error(ErrorCode::MissingField,
                                "the statement has placeholders but there are no `params`",
                                bare->span, fmt::format("add `params:` with {}", style_of(*bare)));
    return false;
}

bool SqlQuery::compile_expectation(const workflow::Fields& fields, CompileContext& context) {
    const auto expect = fields.map("expect");
    if (!expect) return true;
    expectation_ = Expectation::compile(*expect, context);
    return expectation_.has_value();
}

std::vector<expr::LiteralCall> SqlQuery::result_calls() const {
    std::vector<expr::Expression> expressions;
    const auto add = [&expressions](const std::vector<expr::Expression>& own) {
        expressions.insert(expressions.end(), own.begin(), own.end());
    };
    for (const Source& source : sources_) {
        if (const auto* text = std::get_if<expr::Text>(&source)) add(text->expressions());
        if (const auto* one = std::get_if<expr::Expression>(&source)) expressions.push_back(*one);
    }
    if (params_) add(params_->expressions());
    if (batch_) add(batch_->expressions());
    return result_calls_in(expressions);
}

/// Compares a list or map written in the workflow with the placeholders; others are checked when
/// they are evaluated.
bool SqlQuery::check_counts(const Node& params, const ValueTree& tree,
                            CompileContext& context) const {
    Diagnostics& diagnostics = context.diagnostics();
    if (params.kind == Node::Kind::String) {
        return is_no_plain_text(params, tree, "a list or map of values", diagnostics);
    }
    const auto unfit = std::find_if(
        template_.slots().begin(), template_.slots().end(), [&](const sql::Slot& slot) {
            return (slot.source == sql::SlotSource::Named && !params.is_map()) ||
                   (slot.source == sql::SlotSource::Positional && !params.is_list());
        });
    if (unfit != template_.slots().end() || (!params.is_list() && !params.is_map())) {
        const bool wants_map =
            unfit != template_.slots().end() && unfit->source == sql::SlotSource::Named;
        diagnostics.error(
            ErrorCode::InvalidValue,
            fmt::format("{} needs {} here",
                        wants_map ? fmt::format("':{}'", unfit->name) : "the statement",
                        wants_map ? "a map of names" : "a list of values"),
            params.span);
        return false;
    }
    if (params.is_list() && params.items.size() != template_.positional_count()) {
        diagnostics.error(ErrorCode::InvalidValue,
                          fmt::format("the statement has {} placeholders, but {} values are given",
                                      template_.positional_count(), params.items.size()),
                          params.span);
        return false;
    }
    if (!params.is_map()) return true;
    for (const sql::Slot& slot : template_.slots()) {
        if (slot.source == sql::SlotSource::Named && params.find(slot.name) == nullptr) {
            diagnostics.error(ErrorCode::InvalidValue,
                              fmt::format("no value is given for ':{}'", slot.name), slot.span);
            return false;
        }
    }
    return true;
}

/// `paramsBatch` as it is written: a list of sets, or an expression that gives one.
bool SqlQuery::check_batch(const Node& batch, CompileContext& context) const {
    if (batch.kind == Node::Kind::String) {
        return is_no_plain_text(batch, *batch_, "a list of parameter sets", context.diagnostics());
    }
    if (!batch.is_list()) {
        context.diagnostics().error(ErrorCode::InvalidValue,
                                    "paramsBatch needs a list of parameter sets", batch.span,
                                    "write one list or map per execution, or an expression");
        return false;
    }
    bool fine = true;
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        fine = check_counts(batch.items[i], (*batch_->list())[i], context) && fine;
    }
    return fine;
}

bool SqlQuery::takes_values() const {
    const auto is_evaluated = [](const Source& source) {
        if (const auto* text = std::get_if<expr::Text>(&source)) {
            return text->kind() != expr::TextKind::Literal;
        }
        const auto* expression = std::get_if<expr::Expression>(&source);
        return expression != nullptr && !expression->is_constant();
    };
    return std::ranges::any_of(sources_, is_evaluated) || (params_ && !params_->is_constant()) ||
           (batch_ && !batch_->is_constant());
}

sql::BoundStatement SqlQuery::bind(RunContext& context) const {
    std::vector<Value> values;
    values.reserve(template_.slots().size());
    // A list or map written out is evaluated element by element, once for each slot that uses it;
    // anything else is one value, made once.
    std::optional<Value> whole;
    const bool written_out = params_ && (params_->list() != nullptr || params_->map() != nullptr);
    if (params_ && !written_out) whole = params_->evaluate(context);
    for (std::size_t i = 0; i < template_.slots().size(); ++i) {
        values.push_back(slot_value(i, whole ? &*whole : nullptr, context));
    }
    return template_.bind(std::move(values));
}

std::vector<sql::BoundStatement> SqlQuery::bind_batch(RunContext& context) const {
    const Value sets = batch_->evaluate(context);
    if (sets.kind() != Kind::List && sets.kind() != Kind::Table) {
        throw Error(
            ErrorCode::BadRequest,
            fmt::format("paramsBatch is {}, not a list of parameter sets", kind_name(sets.kind())));
    }
    std::vector<sql::BoundStatement> bound;
    bound.reserve(sets.size());
    for (std::size_t i = 0; i < sets.size(); ++i) {
        const Value set = sets.element(i);
        try {
            context.check();
            std::vector<Value> values;
            for (std::size_t slot = 0; slot < template_.slots().size(); ++slot) {
                values.push_back(slot_value(slot, &set, context));
            }
            bound.push_back(template_.bind(std::move(values)));
        } catch (Error& error) {
            error.detail().failed_index = i;
            throw;
        }
    }
    return bound;
}

Value SqlQuery::slot_value(std::size_t index, const Value* set, RunContext& context) const {
    const sql::Slot& slot = template_.slots()[index];
    if (const auto* text = std::get_if<expr::Text>(&sources_[index])) {
        return Value(to_text(text->evaluate(context)));
    }
    const auto* expression = std::get_if<expr::Expression>(&sources_[index]);
    Value value = typed(expression ? expression->evaluate(context) : parameter(slot, set, context));
    return slot.role == sql::SlotRole::List ? value : as_one(std::move(value));
}

Value SqlQuery::parameter(const sql::Slot& slot, const Value* set, RunContext& context) const {
    const bool named = slot.source == sql::SlotSource::Named;
    if (set == nullptr && params_) {
        if (const ValueTree::List* list = params_->list(); list != nullptr && !named) {
            return (*list)[slot.index].evaluate(context);
        }
        if (const ValueTree::Map* map = params_->map(); map != nullptr && named) {
            const auto found = std::find_if(map->begin(), map->end(), [&](const auto& member) {
                return member.first == slot.name;
            });
            if (found != map->end()) return found->second.evaluate(context);
        }
    } else if (set != nullptr && named) {
        if (auto value = set->member(slot.name)) return *value;
    } else if (set != nullptr && set->kind() == Kind::List && slot.index < set->size()) {
        return set->element(slot.index);
    }
    const std::string what =
        named ? fmt::format("':{}'", slot.name) : fmt::format("placeholder {}", slot.index + 1);
    throw Error(ErrorCode::BadRequest, fmt::format("no value is given for {}", what),
                {.where = slot.span,
                 .hint = fmt::format("`params` must be {} that holds it", style_of(slot))});
}

/// Where text and numbers compare by their types, a number that a client typed into a URL or form
/// is bound as the number it prints as, also in a list. Elsewhere the server types the parameter.
Value SqlQuery::typed(Value value) const {
    if (!db::driver_traits(template_.dialect()).compares_by_type) return value;
    if (value.is_client_text()) return number_or_text(std::move(value));
    if (value.kind() != Kind::List ||
        std::ranges::none_of(value.as_list(), &Value::is_client_text)) {
        return value;
    }
    Value::List elements = value.as_list();
    for (Value& element : elements) {
        if (element.is_client_text()) element = number_or_text(std::move(element));
    }
    return elements;
}

}  // namespace kdeps::resources
