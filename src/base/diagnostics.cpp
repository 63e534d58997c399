#include "kdeps/base/diagnostics.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace kdeps {

namespace {

const SourceSpan kNowhere{.file = "", .line = 0, .column = 0, .length = 0};

const SourceSpan& place(const Diagnostic& item) {
    const auto& where = item.error.detail().where;
    return where ? *where : kNowhere;
}

/// Everything a reader sees; equal keys are exact repetitions.
auto sort_key(const Diagnostic& item) {
    const SourceSpan& where = place(item);
    return std::tuple(std::string_view(where.file), where.line, where.column, where.length,
                      item.severity, item.error.code(), std::string_view(item.error.what()),
                      std::string_view(item.error.detail().hint));
}

}  // namespace

void Diagnostics::error(ErrorCode code, const std::string& message, const SourceSpan& where,
                        std::string hint) {
    add(Severity::Error, Error(code, message, {.where = where, .hint = std::move(hint)}));
}

void Diagnostics::warning(ErrorCode code, const std::string& message, const SourceSpan& where,
                          std::string hint) {
    add(Severity::Warning, Error(code, message, {.where = where, .hint = std::move(hint)}));
}

void Diagnostics::add(Severity severity, Error error) {
    items_.push_back({severity, std::move(error)});
}

std::size_t Diagnostics::error_count() const {
    return items_.size() - warning_count();
}

std::size_t Diagnostics::warning_count() const {
    return static_cast<std::size_t>(
        std::count_if(items_.begin(), items_.end(),
                      [](const Diagnostic& item) { return item.severity == Severity::Warning; }));
}

void Diagnostics::sort() {
    std::sort(items_.begin(), items_.end(),
              [](const Diagnostic& a, const Diagnostic& b) { return sort_key(a) < sort_key(b); });
    const auto repeated = std::unique(
        items_.begin(), items_.end(),
        [](const Diagnostic& a, const Diagnostic& b) { return sort_key(a) == sort_key(b); });
    items_.erase(repeated, items_.end());
}

std::string render(const Diagnostics& diagnostics, const SourceTexts& texts) {
    std::string text;
    for (const Diagnostic& item : diagnostics.all()) {
        if (!text.empty()) text += "\n\n";
        if (item.severity == Severity::Warning) text += "warning: ";
        text += render(item.error, texts);
    }
    return text;
}

}  // namespace kdeps
