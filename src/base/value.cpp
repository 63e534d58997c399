#include "kdeps/base/value.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps {

namespace {

constexpr std::size_t kIndexedFrom = 16;  // below, searching a few names beats hashing
constexpr std::size_t kCopiedBytes = 64;  // longer text and digits are shared
constexpr std::size_t kNumberBytes = 8;   // what an int, a double, a bool or nil prints as, about

/// Shared parts may print as more than a size_t can count.
std::size_t add(std::size_t a, std::size_t b) {
    std::size_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

std::size_t printed_bytes_of(const RowRef& row) {
    const std::size_t width = row.table->columns().size();
    if (width == 0) return 2;
    const std::string_view first = row.table->cell(row.index, 0).text;
    const std::string_view last = row.table->cell(row.index, width - 1).text;
    const auto text = static_cast<std::size_t>(last.data() + last.size() - first.data());
    return text + width * kNumberBytes;
}

Decimal exact(const Value& number) {
    switch (number.kind()) {
        case Kind::Int:
            return Decimal(number.as_int());
        case Kind::Double:
            return *Decimal::parse(double_text(number.as_double()));
        default:
            return number.as_decimal();
    }
}

bool is_finite(const Value& number) {
    return number.kind() != Kind::Double || std::isfinite(number.as_double());
}

bool fits_double(const Value& number) {
    constexpr std::int64_t kLargest = std::int64_t{1} << 53U;
    if (number.kind() == Kind::Double) return true;
    return number.kind() == Kind::Int && number.as_int() >= -kLargest &&
           number.as_int() <= kLargest;
}

double approximate(const Value& number) {
    switch (number.kind()) {
        case Kind::Int:
            return static_cast<double>(number.as_int());
        case Kind::Double:
            return number.as_double();
        default:
            return 0;  // only its being finite matters beside an infinity
    }
}

/// A double counts as the number its shortest text shows, so that equality is transitive over the
/// three kinds and the double 19.9 equals the decimal 19.90.
std::partial_ordering compare_numbers(const Value& a, const Value& b) {
    if (a.kind() == Kind::Int && b.kind() == Kind::Int) return a.as_int() <=> b.as_int();
    const bool same_as_doubles = fits_double(a) && fits_double(b);
    if (same_as_doubles || !is_finite(a) || !is_finite(b)) return approximate(a) <=> approximate(b);
    return exact(a) <=> exact(b);
}

bool same_elements(const Value& a, const Value& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!(a.element(i) == b.element(i))) return false;
    }
    return true;
}

bool same_members(const Value& a, const Value& b) {
    if (a.size() != b.size()) return false;
    bool same = true;
    a.for_each_member([&](const std::string& name, const Value& value) {
        if (!same) return;
        const auto other = b.member(name);
        same = other && *other == value;
    });
    return same;
}

bool is_sequence(Kind kind) {
    return kind == Kind::List || kind == Kind::Table;
}

/// Text order is time order once the Z is gone: `:00Z` would sort behind `:00.5Z`.
std::string_view sortable(const Temporal& temporal) {
    std::string_view text = temporal.text;
    if (text.ends_with('Z')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::string_view kind_name(Kind kind) {
    static constexpr std::array<std::string_view, 14> kNames = {
        "nil",  "bool", "int",       "double",      "decimal", "string", "bytes",
        "date", "time", "timestamp", "timestamptz", "list",    "object", "table"};
    return kNames.at(static_cast<std::size_t>(kind));
}

template <class T>
void Value::hold(T value, std::size_t bytes) {
    if (bytes <= kCopiedBytes) {
        data_ = std::move(value);
    } else {
        data_ = std::make_shared<const T>(std::move(value));
    }
}

Value::Value(Decimal value) {
    const std::size_t digits = value.digit_count();
    hold(std::move(value), digits);
}

Value::Value(std::string value) {
    const std::size_t bytes = value.size();
    hold(std::move(value), bytes);
}

Value::Value(ClientText value) {
    const std::size_t bytes = value.text.size();
    hold(std::move(value), bytes);
}

Value::Value(List value) {
    std::size_t bytes = 2;
    for (const Value& element : value) bytes = add(bytes, add(element.printed_bytes(), 1));
    data_ = std::make_shared<const Sequence>(Sequence{std::move(value), bytes});
}

Value::Value(Object value) : data_(std::make_shared<const Object>(std::move(value))) {}

Value Value::from_unsigned(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(INT64_MAX)) return static_cast<std::int64_t>(value);
    return *Decimal::parse(std::to_string(value));
}

Kind Value::kind() const {
    static constexpr std::array kKinds = {Kind::Null,    Kind::Bool,    Kind::Int,    Kind::Double,
                                          Kind::Decimal, Kind::Decimal, Kind::String, Kind::String,
                                          Kind::String,  Kind::String,  Kind::Bytes,  Kind::List,
                                          Kind::Object,  Kind::Object,  Kind::Table};
    if (const auto* temporal = std::get_if<Temporal>(&data_)) return temporal->kind;
    if (const auto* scalar = std::get_if<JsonScalar>(&data_)) return scalar->kind;
    return kKinds[data_.index()];
}

bool Value::is_number() const {
    const Kind own = kind();
    return own == Kind::Int || own == Kind::Double || own == Kind::Decimal;
}

const Object& Value::as_object() const {
    return *std::get<Shared<Object>>(data_);
}

std::size_t Value::size() const {
    switch (kind()) {
        case Kind::String:
            return code_points(as_string());
        case Kind::Bytes:
            return as_bytes().data.size();
        case Kind::List:
            return as_list().size();
        case Kind::Table:
            return as_table().table->row_count();
        case Kind::Object:
            return is_row() ? as_row().table->columns().size() : as_object().size();
        default:
            return 0;
    }
}

std::size_t Value::printed_bytes() const {
    switch (kind()) {
        case Kind::Decimal:
            return as_decimal().digit_count() + 2;
        case Kind::String:
            return as_string().size() + 2;
        case Kind::Bytes:
            return as_bytes().data.size() / 3 * 4 + 6;
        case Kind::Date:
        case Kind::Time:
        case Kind::Timestamp:
        case Kind::TimestampTz:
            return as_temporal().text.size() + 2;
        case Kind::List:
            return std::get<Shared<Sequence>>(data_)->printed_bytes;
        case Kind::Object:
            return is_row() ? printed_bytes_of(as_row()) : as_object().printed_bytes();
        case Kind::Table:
            return as_table().table->byte_size();
        default:
            return kNumberBytes;
    }
}

Value Value::element(std::size_t index) const {
    if (kind() == Kind::Table) return RowRef{as_table().table, index};
    return as_list()[index];
}

std::optional<Value> Value::member(std::string_view name) const {
    if (kind() != Kind::Object) return std::nullopt;
    if (is_row()) {
        const RowRef& row = as_row();
        const auto column = row.table->column_index(name);
        if (!column) return std::nullopt;
        return row.table->value(row.index, *column);
    }
    const Value* found = as_object().find(name);
    if (found == nullptr) return std::nullopt;
    return *found;
}

void Value::for_each_member(
    const std::function<void(const std::string&, const Value&)>& visit) const {
    if (kind() != Kind::Object) return;
    if (is_row()) {
        const RowRef& row = as_row();
        const auto& columns = row.table->columns();
        for (std::size_t i = 0; i < columns.size(); ++i) {
            visit(columns[i].name, row.table->value(row.index, i));
        }
        return;
    }
    for (const auto& [name, value] : as_object()) visit(name, value);
}

Object::Object(std::initializer_list<Member> members) {
    for (const auto& [name, value] : members) set(name, value);
}

std::optional<std::size_t> Object::position(std::string_view name) const {
    if (!index_.empty()) {
        const auto found = index_.find(name);
        if (found == index_.end()) return std::nullopt;
        return found->second;
    }
    for (std::size_t i = 0; i < members_.size(); ++i) {
        if (members_[i].first == name) return i;
    }
    return std::nullopt;
}

const Value* Object::find(std::string_view name) const {
    const auto found = position(name);
    return found ? &members_[*found].second : nullptr;
}

void Object::set(std::string name, Value value) {
    const std::size_t bytes = value.printed_bytes();
    if (const auto found = position(name)) {
        Value& old = members_[*found].second;
        // One that is past counting stays so.
        if (printed_bytes_ < SIZE_MAX) printed_bytes_ -= old.printed_bytes();
        printed_bytes_ = add(printed_bytes_, bytes);
        old = std::move(value);
        return;
    }
    printed_bytes_ = add(printed_bytes_, add(name.size() + 4, bytes));
    members_.emplace_back(std::move(name), std::move(value));
    if (members_.size() < kIndexedFrom) return;
    const std::size_t first_new = index_.empty() ? 0 : members_.size() - 1;
    for (std::size_t i = first_new; i < members_.size(); ++i) index_[members_[i].first] = i;
}

bool operator==(const Value& a, const Value& b) {
    const Kind kind = a.kind();
    if (is_sequence(kind) && is_sequence(b.kind())) return same_elements(a, b);
    if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
    if (kind != b.kind()) return false;
    switch (kind) {
        case Kind::Null:
            return true;
        case Kind::Bool:
            return a.as_bool() == b.as_bool();
        case Kind::String:
            return a.as_string() == b.as_string();
        case Kind::Bytes:
            return a.as_bytes() == b.as_bytes();
        case Kind::Object:
            return same_members(a, b);
        default:
            return a.as_temporal() == b.as_temporal();
    }
}

std::optional<std::partial_ordering> compare(const Value& a, const Value& b) {
    if (a.is_number() && b.is_number()) {
        const auto order = compare_numbers(a, b);
        if (order == std::partial_ordering::unordered) return std::nullopt;
        return order;
    }
    if (a.kind() != b.kind()) return std::nullopt;
    switch (a.kind()) {
        case Kind::Bool:
            return a.as_bool() <=> b.as_bool();
        case Kind::String:
            return a.as_string() <=> b.as_string();
        case Kind::Date:
        case Kind::Time:
        case Kind::Timestamp:
        case Kind::TimestampTz:
            return sortable(a.as_temporal()) <=> sortable(b.as_temporal());
        default:
            return std::nullopt;
    }
}

std::string to_text(const Value& value) {
    switch (value.kind()) {
        case Kind::Null:
            return {};
        case Kind::Bool:
            return value.as_bool() ? "true" : "false";
        case Kind::Int:
            return std::to_string(value.as_int());
        case Kind::Double:
            return double_text(value.as_double());
        case Kind::Decimal:
            return value.as_decimal().to_string();
        case Kind::String:
            return value.as_string();
        case Kind::Bytes:
            return base64_encode(value.as_bytes().data);
        case Kind::Date:
        case Kind::Time:
        case Kind::Timestamp:
        case Kind::TimestampTz:
            return value.as_temporal().text;
        case Kind::List:
        case Kind::Object:
        case Kind::Table:
            break;
    }
    std::string text;
    write_text(value, text);
    return text;
}

void write_text(const Value& value, std::string& out, const Charge& charge) {
    const Kind kind = value.kind();
    if (kind == Kind::Table) {
        const auto& [table, format] = value.as_table();
        return write_table(*table, format, out, charge);
    }
    if (kind == Kind::List || kind == Kind::Object) return write_json(value, out, charge);
    if (charge) charge(value.printed_bytes());
    out += to_text(value);
}

}  // namespace kdeps
