#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kdeps/base/error.hpp"

namespace kdeps {

enum class Severity { Warning, Error };

struct Diagnostic {
    Severity severity;
    Error error;
};

/// Collects every mistake of a load, so that the user sees all of them at once.
///
/// Threads: one caller at a time.
class Diagnostics {
 public:
    void error(ErrorCode code, const std::string& message, const SourceSpan& where,
               std::string hint = {});
    void warning(ErrorCode code, const std::string& message, const SourceSpan& where,
                 std::string hint = {});
    void add(Severity severity, Error error);

    [[nodiscard]] const std::vector<Diagnostic>& all() const { return items_; }
    [[nodiscard]] std::size_t error_count() const;
    [[nodiscard]] std::size_t warning_count() const;
    /// Orders by file, line and column and drops exact repetitions.
    void sort();

 private:
    std::vector<Diagnostic> items_;
};

/// All diagnostics as a person reads them, warnings prefixed with `warning: `; one per paragraph.
[[nodiscard]] std::string render(const Diagnostics& diagnostics, const SourceTexts& texts);

}  // namespace kdeps
