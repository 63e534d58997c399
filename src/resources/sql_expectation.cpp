#include "sql_expectation.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "kdeps/base/text.hpp"

namespace kdeps::resources {

namespace {

/// Of rows that were cut off some may not have been counted: there is one more, at least.
std::int64_t count_rows(const db::Result& result) {
    if (result.table == nullptr) return result.rows_affected;
    const auto rows = static_cast<std::int64_t>(result.table->row_count());
    return result.table->is_truncated() ? std::max(rows + 1, result.rows_affected) : rows;
}

}  // namespace

std::optional<Expectation> Expectation::compile(const workflow::Fields& fields,
                                                engine::CompileContext& context) {
    Expectation expectation;
    if (const auto status = fields.integer("status")) {
        expectation.status_ = static_cast<int>(*status);
    }
    if (const workflow::Node* message = fields.find("message")) {
        expectation.message_ = context.template_text(*message);
    }
    const workflow::Node* rows = fields.find("rows");
    if (rows == nullptr || !expectation.read_rows(*rows, context.diagnostics())) {
        return std::nullopt;  // what is missing was reported by the schema
    }
    return expectation;
}

bool Expectation::read_rows(const workflow::Node& node, Diagnostics& diagnostics) {
    using enum Comparison;
    // The longer ones first.
    static constexpr std::pair<std::string_view, Comparison> kOperators[] = {
        {">=", GreaterEqual}, {"<=", LessEqual}, {"!=", NotEqual},
        {"==", Equal},        {">", Greater},    {"<", Less}};
    text_ = std::string(trim(node.text));
    std::string_view number = text_;
    for (const auto& [word, comparison] : kOperators) {
        if (!number.starts_with(word)) continue;
        comparison_ = comparison;
        number = trim(number.substr(word.size()));
        break;
    }
    const auto rows = parse_int64(number);
    const char* const hint = "write for instance 1, '> 0' or '<= 10'";
    if (!node.is_scalar() || !rows || *rows < 0) {
        diagnostics.error(ErrorCode::InvalidValue,
                          fmt::format("'rows' in expect must be a number of rows or a comparison "
                                      "with one, not {}",
                                      quoted_text(node)),
                          node.span, hint);
        return false;
    }
    rows_ = *rows;
    if (!is_idle()) return true;
    diagnostics.error(
        ErrorCode::InvalidValue,
        fmt::format("{} number of rows is '{}'", is_met_by(0) ? "every" : "no", text_), node.span,
        hint);
    return false;
}

bool Expectation::is_idle() const {
    return rows_ == 0 &&
           (comparison_ == Comparison::Less || comparison_ == Comparison::GreaterEqual);
}

bool Expectation::is_met_by(std::int64_t rows) const {
    switch (comparison_) {
        case Comparison::Equal:
            return rows == rows_;
        case Comparison::NotEqual:
            return rows != rows_;
        case Comparison::Less:
            return rows < rows_;
        case Comparison::LessEqual:
            return rows <= rows_;
        case Comparison::Greater:
            return rows > rows_;
        case Comparison::GreaterEqual:
            return rows >= rows_;
    }
    return false;
}

void Expectation::require(const db::Result& result, const std::string& statement,
                          engine::RunContext& context) const {
    const std::int64_t rows = count_rows(result);
    if (is_met_by(rows)) return;
    const std::string message = message_ ? to_text(message_->evaluate(context))
                                         : fmt::format("{} {} {} {}, expected {}", statement,
                                                       result.table == nullptr ? "changed" : "gave",
                                                       rows, rows == 1 ? "row" : "rows", text_);
    throw Error(ErrorCode::PreflightFailed, message, {.http_status = status_});
}

}  // namespace kdeps::resources
