#include "kdeps/base/error.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/input_mistake.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps {

namespace {

/// Spaces (tabs where the line has tabs) up to the marked code points, then carets.
std::string caret_line(std::string_view line, int column, int length) {
    std::string carets;
    int position = 1;
    std::size_t offset = 0;
    for (; offset < line.size() && position < column; ++position) {
        carets += line[offset] == '\t' ? '\t' : ' ';
        offset += std::max<std::size_t>(1, utf8_sequence(line.substr(offset)));
    }
    carets.append(static_cast<std::size_t>(std::max(0, column - position)), ' ');
    const auto left = static_cast<int>(code_points(line.substr(offset)));
    carets.append(static_cast<std::size_t>(std::max(1, std::min(length, left))), '^');
    return carets;
}

std::string source_excerpt(const SourceSpan& where, std::string_view line) {
    const std::string number = fmt::format("{}", where.line);
    return fmt::format("\n  {} | {}\n  {} | {}", number, line, std::string(number.size(), ' '),
                       caret_line(line, where.column, where.length));
}

/// Ascending indexes as `0-2, 5`: a batch may have applied thousands.
std::string ranges(const std::vector<std::size_t>& indexes) {
    std::string text;
    for (std::size_t i = 0; i < indexes.size();) {
        std::size_t last = i;
        while (last + 1 < indexes.size() && indexes[last + 1] == indexes[last] + 1) ++last;
        text += fmt::format("{}{}", text.empty() ? "" : ", ", indexes[i]);
        if (last > i) text += fmt::format("-{}", indexes[last]);
        i = last + 1;
    }
    return text;
}

std::string mistake_lines(const InputMistakes& mistakes) {
    std::string text;
    for (const InputMistake& mistake : mistakes) {
        text += mistake.field.empty()
                    ? fmt::format("\n  {}", mistake.message)
                    : fmt::format("\n  {} ({}): {}", mistake.field, mistake.in, mistake.message);
    }
    return text;
}

const ErrorInfo& info(ErrorCode code) {
    return error_table()[static_cast<std::size_t>(code)];
}

}  // namespace

const std::vector<ErrorInfo>& error_table() {
    using enum ErrorCode;
    static const std::vector<ErrorInfo> table = {
        {FileNotFound, "FILE_NOT_FOUND", 2, "A file or folder that was named does not exist."},
        {YamlSyntax, "YAML_SYNTAX", 2, "A file is not well-formed YAML."},
        {MissingField, "MISSING_FIELD", 2, "A required field is absent."},
        {InvalidValue, "INVALID_VALUE", 2,
         "A field or option has the wrong type or is out of bounds."},
        {UnknownKey, "UNKNOWN_KEY", 2, "A key is not known; a warning unless --strict is given."},
        {DuplicateKey, "DUPLICATE_KEY", 2, "A YAML map has the same key twice."},
        {DuplicateResource, "DUPLICATE_RESOURCE", 2, "Two resources have the same actionId."},
        {UnknownResource, "UNKNOWN_RESOURCE", 2,
         "A requirement names a resource that does not exist."},
        {UnknownConnection, "UNKNOWN_CONNECTION", 2,
         "A resource names a connection that is not configured."},
        {UnknownTarget, "UNKNOWN_TARGET", 2, "The target to run names no resource."},
        {DependencyCycle, "DEPENDENCY_CYCLE", 2, "Resources require each other in a circle."},
        {ExpressionSyntax, "EXPRESSION_SYNTAX", 2, "An expression cannot be parsed."},
        {SqlSyntax, "SQL_SYNTAX", 2,
         "A query cannot be read, or a value stands where none may be bound."},
        {PythonSyntax, "PYTHON_SYNTAX", 2, "A Python script cannot be parsed."},
        {InvalidDsn, "INVALID_DSN", 2, "A connection string cannot be read."},
        {NotSupported, "NOT_SUPPORTED", 2,
         "A feature that this program does not have is asked for."},
        {MissingRequirement, "MISSING_REQUIREMENT", 2,
         "A resource reads one that it does not require, a warning unless --strict is given; or "
         "nothing that runs requires it, always a warning."},
        {AddressInUse, "ADDRESS_IN_USE", 2,
         "The address to listen on is taken by another program."},
        {ExpressionFailed, "EXPRESSION_FAILED", 1, "An expression failed while it was evaluated."},
        {ValidationFailed, "VALIDATION_FAILED", 1,
         "The input did not pass a resource's validation rules."},
        {PreflightFailed, "PREFLIGHT_FAILED", 1,
         "A preflight check, or what a statement was expected to give, was not met."},
        {QueryFailed, "QUERY_FAILED", 1, "The database refused a statement."},
        {ConnectionFailed, "CONNECTION_FAILED", 1,
         "No connection to the database could be opened."},
        {ConnectionLost, "CONNECTION_LOST", 1,
         "The connection ended while a statement was running."},
        {PoolTimeout, "POOL_TIMEOUT", 1, "No connection became free in time."},
        {PoolQueueFull, "POOL_QUEUE_FULL", 1, "Too many callers wait for a connection already."},
        {ResultTooLarge, "RESULT_TOO_LARGE", 1,
         "A result would take more memory than maxResultBytes allows."},
        {ResourceTimeout, "RESOURCE_TIMEOUT", 1, "A resource took longer than its own timeout."},
        {RunTimeout, "RUN_TIMEOUT", 1, "The run took longer than its timeout."},
        {PythonFailed, "PYTHON_FAILED", 1,
         "A Python script raised an exception or ended with a failure."},
        {WorkerCrashed, "WORKER_CRASHED", 1, "The Python process of a script ended unexpectedly."},
        {NoOutput, "NO_OUTPUT", 1, "The target gave no output."},
        {Cancelled, "CANCELLED", 1,
         "The run was cancelled: the client left or the program is stopping."},
        {BadRequest, "BAD_REQUEST", 1, "The request is malformed."},
        {Unauthorized, "UNAUTHORIZED", 1, "The request has no valid token."},
        {NotFound, "NOT_FOUND", 1, "No route has this path."},
        {MethodNotAllowed, "METHOD_NOT_ALLOWED", 1, "The route does not take this method."},
        {RequestTooLarge, "REQUEST_TOO_LARGE", 1, "The request is larger than its limit."},
        {UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", 1,
         "The body's type or encoding is not supported."},
        {MisdirectedRequest, "MISDIRECTED_REQUEST", 1,
         "The Host header names a host that is not served."},
        {ServiceUnavailable, "SERVICE_UNAVAILABLE", 1,
         "The server is full or stopping; try again later."},
        {Internal, "INTERNAL", 1, "A defect of this program."},
    };
    return table;
}

std::string_view error_name(ErrorCode code) {
    return info(code).name;
}

int exit_code(ErrorCode code) {
    return info(code).exit_code;
}

std::string_view outcome_name(Outcome outcome) {
    switch (outcome) {
        case Outcome::NotApplicable:
            return "";
        case Outcome::NotDone:
            return "not_done";
        case Outcome::Done:
            return "done";
        case Outcome::Unknown:
            return "unknown";
    }
    return "";
}

Error::Error(ErrorCode code, const std::string& message, ErrorDetail detail)
    : std::runtime_error(message), code_(code), detail_(std::move(detail)) {}

std::string render(const Error& error, const SourceTexts& texts) {
    const ErrorDetail& detail = error.detail();
    std::string text;
    if (detail.where) {
        text =
            fmt::format("{}:{}:{}: ", detail.where->file, detail.where->line, detail.where->column);
    }
    text += fmt::format("{} [{}]", error.what(), error_name(error.code()));
    if (detail.where) {
        const auto line = texts.line(detail.where->file, detail.where->line);
        if (!line.empty()) text += source_excerpt(*detail.where, line);
    }
    if (detail.outcome != Outcome::NotApplicable) {
        text += fmt::format("\n  outcome: {}", outcome_name(detail.outcome));
    }
    if (!detail.applied_indexes.empty()) {
        text += fmt::format("\n  applied: {} (counted from 0)", ranges(detail.applied_indexes));
    }
    if (detail.mistakes != nullptr) text += mistake_lines(*detail.mistakes);
    if (!detail.hint.empty()) text += fmt::format("\n  hint: {}", detail.hint);
    return text;
}

std::string render(const Error& error) {
    return render(error, SourceTexts{});
}

}  // namespace kdeps
