#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/refusal.hpp"
#include "kdeps/base/source.hpp"

namespace kdeps {

struct InputMistake;

/// Every failure that this program reports. `error_table()` gives each its stable name, exit code
/// and meaning; docs/reference/errors.md is printed from that table.
enum class ErrorCode {
    // Loading: the user's files or command line are wrong. Exit code 2.
    FileNotFound,
    YamlSyntax,
    MissingField,
    InvalidValue,
    UnknownKey,
    DuplicateKey,
    DuplicateResource,
    UnknownResource,
    UnknownConnection,
    UnknownTarget,
    DependencyCycle,
    ExpressionSyntax,
    SqlSyntax,
    PythonSyntax,
    InvalidDsn,
    NotSupported,
    MissingRequirement,
    AddressInUse,
    // Running: one run failed. Exit code 1.
    ExpressionFailed,
    ValidationFailed,
    PreflightFailed,
    QueryFailed,
    ConnectionFailed,
    ConnectionLost,
    PoolTimeout,
    PoolQueueFull,
    ResultTooLarge,
    ResourceTimeout,
    RunTimeout,
    PythonFailed,
    WorkerCrashed,
    NoOutput,
    Cancelled,
    // HTTP: the request itself.
    BadRequest,
    Unauthorized,
    NotFound,
    MethodNotAllowed,
    RequestTooLarge,
    UnsupportedMediaType,
    MisdirectedRequest,
    ServiceUnavailable,
    Internal,
};

struct ErrorInfo {
    ErrorCode code;
    std::string_view name;  ///< Stable, SCREAMING_SNAKE_CASE.
    int exit_code;          ///< 1 a run failed, 2 the input is invalid.
    std::string_view meaning;
};

/// Every code once, in the order of the enumeration.
[[nodiscard]] const std::vector<ErrorInfo>& error_table();
[[nodiscard]] std::string_view error_name(ErrorCode code);
[[nodiscard]] int exit_code(ErrorCode code);

/// What is known about the effect of a failed write.
enum class Outcome {
    NotApplicable,  ///< Nothing was to be written.
    NotDone,        ///< Certainly nothing was changed.
    Done,           ///< Certainly the change is stored.
    Unknown,        ///< The connection was lost after the statement or COMMIT was sent.
};
[[nodiscard]] std::string_view outcome_name(Outcome outcome);  ///< "not_done", "done", "unknown".

struct ErrorDetail {
    std::optional<SourceSpan> where = std::nullopt;
    std::string hint = {};        ///< What to do next, one sentence; may be empty.
    std::string sqlstate = {};    ///< Five characters from the database; otherwise empty.
    std::string context = {};     ///< DETAIL, CONTEXT, traceback: only for logs and debug answers.
    std::string connection = {};  ///< The named connection the failure is about, if any.
    std::string resource = {};    ///< The actionId of the failed resource, if any.
    Outcome outcome = Outcome::NotApplicable;
    std::optional<std::size_t> failed_index = std::nullopt;  ///< Failing set or statement, 0-based.
    std::optional<int> http_status = std::nullopt;  ///< Asked for by the workflow (`check`), or of
                                                    ///< a refusal that is the client's doing.
    Refusal refusal = Refusal::None;                ///< Of a failed statement, set by the driver.
    std::vector<std::size_t> applied_indexes = {};  ///< Sets or statements already committed.
    /// What is wrong with the inputs of a request; null when it is not that.
    std::shared_ptr<const std::vector<InputMistake>> mistakes = nullptr;
};

/// The exception this project throws. Caught once per boundary, which switches on `code()`.
///
/// `what()` is the bare message: lower case, names what is wrong with which thing, quotes values,
/// ends without a full stop, holds no secret.
class Error : public std::runtime_error {
 public:
    Error(ErrorCode code, const std::string& message, ErrorDetail detail = {});
    [[nodiscard]] ErrorCode code() const noexcept { return code_; }
    [[nodiscard]] const ErrorDetail& detail() const noexcept { return detail_; }
    [[nodiscard]] ErrorDetail& detail() noexcept { return detail_; }

 private:
    ErrorCode code_;
    ErrorDetail detail_;
};

/// The full text a person reads: `file:line:column: message [CODE]`, the source line with carets,
/// `  outcome: ...` and `  applied: 0-2, 5 (counted from 0)` of a write, `  limit (query): ...` per
/// mistake of an input, and `  hint: ...`; parts that are not known are left out. Ends without a
/// newline.
[[nodiscard]] std::string render(const Error& error, const SourceTexts& texts);
[[nodiscard]] std::string render(const Error& error);

}  // namespace kdeps
