#include "postgres/postgres_parameters.hpp"

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"

namespace kdeps::db {

namespace {

constexpr PgOid kBool = 16;
constexpr PgOid kBytea = 17;
constexpr PgOid kInt8 = 20;
constexpr PgOid kInt4 = 23;
constexpr PgOid kText = 25;
constexpr PgOid kJson = 114;
constexpr PgOid kFloat8 = 701;
constexpr PgOid kVarchar = 1043;
constexpr PgOid kDate = 1082;
constexpr PgOid kTime = 1083;
constexpr PgOid kTimestamp = 1114;
constexpr PgOid kTimestamptz = 1184;
constexpr PgOid kNumeric = 1700;
constexpr PgOid kJsonb = 3802;

bool is_int4(const Value& value) {
    return value.kind() == Kind::Int && value.as_int() >= INT32_MIN && value.as_int() <= INT32_MAX;
}

bool is_json_type(PgOid type) {
    return type == kJson || type == kJsonb;
}

bool takes_json(PgOid type) {
    return is_json_type(type) || type == kText || type == kVarchar;
}

std::string hex_text(const std::string& bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text = "\\x";
    text.reserve(2 + bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

std::string scalar_text(const Value& value) {
    switch (value.kind()) {
        case Kind::Bool:
            return value.as_bool() ? "true" : "false";
        case Kind::Bytes:
            return hex_text(value.as_bytes().data);
        case Kind::List:
        case Kind::Object:
        case Kind::Table:
            return to_json(value);
        default:
            return to_text(value);
    }
}

void append_array(const Value::List& list, std::string& out) {
    out += '{';
    bool is_first = true;
    for (const Value& element : list) {
        if (!is_first) out += ',';
        is_first = false;
        if (element.is_null()) {
            out += "NULL";
        } else if (element.kind() == Kind::List) {
            append_array(element.as_list(), out);
        } else {
            out += '"';
            for (const char c : scalar_text(element)) {
                if (c == '"' || c == '\\') out += '\\';
                out += c;
            }
            out += '"';
        }
    }
    out += '}';
}

std::string parameter_text(const Value& value, PgOid type) {
    if (value.is_json() && is_json_type(type)) return to_json(value);
    if (value.kind() != Kind::List || takes_json(type)) return scalar_text(value);
    std::string literal;
    append_array(value.as_list(), literal);
    return literal;
}

}  // namespace

PgParameters::PgParameters(std::span<const Value> values, std::span<const PgOid> types,
                           std::span<const std::size_t> sources) {
    const std::size_t count = sources.empty() ? values.size() : sources.size();
    pointers_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t source = sources.empty() ? i : sources[i];
        const Value& value = values[source];
        const PgOid type = i < types.size() ? types[i] : PgOid{0};
        const bool is_json = value.is_json() && is_json_type(type);
        if (value.is_null() && !is_json) {
            pointers_.push_back(nullptr);
            continue;
        }
        // A string goes as it is: no copy when it outlives the execution anyway.
        const bool is_string = value.kind() == Kind::String && !is_json;
        if (!is_string && texts_.empty()) texts_.reserve(count);  // the pointers borrow from it
        const std::string& text =
            is_string ? value.as_string() : texts_.emplace_back(parameter_text(value, type));
        if (text.find('\0') != std::string::npos) {
            throw Error(ErrorCode::BadRequest,
                        fmt::format("parameter {} contains a NUL character, which PostgreSQL "
                                    "cannot store in text",
                                    source + 1));
        }
        pointers_.push_back(text.c_str());
    }
}

bool has_typed_text(const Value& value) {
    return value.kind() == Kind::List || value.is_json();
}

std::optional<PgOid> declared_type(const Value& value) {
    switch (value.kind()) {
        case Kind::Null:
            return std::nullopt;
        case Kind::Bool:
            return kBool;
        case Kind::Int:
            return kInt8;
        case Kind::Double:
            return kFloat8;
        case Kind::Decimal:
            return kNumeric;
        case Kind::String:
            return kText;
        case Kind::Bytes:
            return kBytea;
        case Kind::Date:
            return kDate;
        case Kind::Time:
            return kTime;
        case Kind::Timestamp:
            return kTimestamp;
        case Kind::TimestampTz:
            return kTimestamptz;
        case Kind::List:
        case Kind::Object:
        case Kind::Table:
            return kJsonb;
    }
    return std::nullopt;
}

bool fits_declared_type(const Value& value, PgOid type) {
    const auto wanted = declared_type(value);
    return !wanted || *wanted == type || (type == kInt4 && is_int4(value));
}

PgOid narrowed_type(PgOid declared, const Value& value) {
    return declared == kInt8 && is_int4(value) ? kInt4 : declared;
}

}  // namespace kdeps::db
