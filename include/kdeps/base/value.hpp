#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "kdeps/base/decimal.hpp"
#include "kdeps/base/table.hpp"

namespace kdeps {

/// What a value is. A row of a table is an Object.
enum class Kind {
    Null,
    Bool,
    Int,
    Double,
    Decimal,
    String,
    Bytes,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    List,
    Object,
    Table,
};
[[nodiscard]] std::string_view kind_name(Kind kind);  ///< "nil", "bool", "int", ... for messages.

struct Bytes {
    std::string data;
    bool operator==(const Bytes&) const = default;
};

/// A date, time, timestamp or timestamptz in ISO 8601 text, as the value table of docs/reference
/// prescribes: microseconds only when not zero, timestamptz in UTC ending in Z.
struct Temporal {
    Kind kind;
    std::string text;
    bool operator==(const Temporal&) const = default;
};

/// What a cell of type json holds when it is null, a truth or a string: that value everywhere, but
/// still JSON when it is bound to a statement.
struct JsonScalar {
    Kind kind;
    bool truth = false;
    std::string text = {};
};

/// Text that came in a path, a query string, a form or `--input`: a string everywhere, but whoever
/// typed it could not say whether it is a number, and databases differ in what they make of that.
struct ClientText {
    std::string text;
};

/// How the text of a table looks; presentation only, the rows stay what they are.
enum class TableFormat { Json, Csv, Text };

struct TableRef {
    std::shared_ptr<const Table> table;
    TableFormat format = TableFormat::Json;
};

struct RowRef {
    std::shared_ptr<const Table> table;
    std::size_t index;
};

class Object;

/// The one value type that flows through the program.
///
/// Lists, objects, tables and everything long (text, bytes, digits) are immutable and shared:
/// copying a Value is cheap whatever its size.
/// Threads: distinct Values may be used from several threads even when they share contents.
class Value {
 public:
    using List = std::vector<Value>;

    Value() = default;  ///< nil
    Value(std::nullptr_t) {}
    template <std::same_as<bool> T>
    Value(T value) : data_(value) {}
    template <std::signed_integral T>
    Value(T value) : data_(static_cast<std::int64_t>(value)) {}
    /// Not by way of double: from_unsigned() keeps every digit.
    template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>) Value(T value)
    = delete;
    Value(double value) : data_(value) {}
    Value(Decimal value);
    Value(std::string value);
    Value(std::string_view value) : Value(std::string(value)) {}
    Value(const char* value) : Value(std::string(value)) {}
    Value(Bytes value) : data_(std::make_shared<const Bytes>(std::move(value))) {}
    Value(Temporal value) : data_(std::move(value)) {}
    Value(JsonScalar value) : data_(std::move(value)) {}
    Value(ClientText value);
    Value(List value);
    Value(Object value);
    Value(TableRef value) : data_(std::move(value)) {}
    Value(RowRef value) : data_(std::move(value)) {}
    /// An unsigned number; beyond int64 it becomes a decimal.
    [[nodiscard]] static Value from_unsigned(std::uint64_t value);

    [[nodiscard]] Kind kind() const;
    [[nodiscard]] bool is_null() const { return kind() == Kind::Null; }
    /// Whether it is what a json cell was, rather than a part of it or something else.
    [[nodiscard]] bool is_json() const { return std::holds_alternative<JsonScalar>(data_); }
    /// Whether it is ClientText that was passed along as it came.
    [[nodiscard]] bool is_client_text() const {
        return std::holds_alternative<ClientText>(data_) ||
               std::holds_alternative<Shared<ClientText>>(data_);
    }
    [[nodiscard]] bool is_number() const;  ///< Int, Double or Decimal.
    [[nodiscard]] bool is_row() const { return std::holds_alternative<RowRef>(data_); }

    // REQUIRES: the matching kind(); otherwise std::bad_variant_access.
    [[nodiscard]] bool as_bool() const {
        return is_json() ? std::get<JsonScalar>(data_).truth : std::get<bool>(data_);
    }
    [[nodiscard]] std::int64_t as_int() const { return std::get<std::int64_t>(data_); }
    [[nodiscard]] double as_double() const { return std::get<double>(data_); }
    [[nodiscard]] const Decimal& as_decimal() const { return own_or_shared<Decimal>(); }
    [[nodiscard]] const std::string& as_string() const {
        if (is_json()) return std::get<JsonScalar>(data_).text;
        return is_client_text() ? own_or_shared<ClientText>().text : own_or_shared<std::string>();
    }
    [[nodiscard]] const Bytes& as_bytes() const { return *std::get<Shared<Bytes>>(data_); }
    [[nodiscard]] const Temporal& as_temporal() const { return std::get<Temporal>(data_); }
    [[nodiscard]] const List& as_list() const { return std::get<Shared<Sequence>>(data_)->list; }
    /// REQUIRES: kind() is Object and not is_row(); for_each_member() reads both.
    [[nodiscard]] const Object& as_object() const;
    [[nodiscard]] const TableRef& as_table() const { return std::get<TableRef>(data_); }
    [[nodiscard]] const RowRef& as_row() const { return std::get<RowRef>(data_); }

    /// Elements of a list, rows of a table, members of an object or row; code points of a string;
    /// bytes; otherwise 0.
    [[nodiscard]] std::size_t size() const;
    /// About the bytes that its JSON takes, where a shared part counts as often as it is reached.
    /// Known without looking at the parts.
    [[nodiscard]] std::size_t printed_bytes() const;
    /// REQUIRES: list or table, index < size(). A table gives row views.
    [[nodiscard]] Value element(std::size_t index) const;
    /// Member of an object or column of a row; nullopt if absent or not an object.
    [[nodiscard]] std::optional<Value> member(std::string_view name) const;
    /// Calls `visit(name, value)` for every member of an object or row, in order.
    void for_each_member(const std::function<void(const std::string&, const Value&)>& visit) const;

 private:
    template <class T>
    using Shared = std::shared_ptr<const T>;
    struct Sequence {
        List list;
        std::size_t printed_bytes;
    };

    /// What is short is held as it is, what is long by pointer.
    template <class T>
    void hold(T value, std::size_t bytes);
    template <class T>
    [[nodiscard]] const T& own_or_shared() const {
        const T* own = std::get_if<T>(&data_);
        return own != nullptr ? *own : *std::get<Shared<T>>(data_);
    }

    // kind() knows the order.
    std::variant<std::monostate, bool, std::int64_t, double, Decimal, Shared<Decimal>, std::string,
                 Shared<std::string>, ClientText, Shared<ClientText>, Shared<Bytes>,
                 Shared<Sequence>, Shared<Object>, RowRef, TableRef, Temporal, JsonScalar>
        data_;
};

/// Members in insertion order with look-up by name; setting a name again keeps its place.
class Object {
 public:
    using Member = std::pair<std::string, Value>;

    Object() = default;
    Object(std::initializer_list<Member> members);
    [[nodiscard]] const Value* find(std::string_view name) const;
    void set(std::string name, Value value);
    [[nodiscard]] std::size_t size() const { return members_.size(); }
    [[nodiscard]] bool empty() const { return members_.empty(); }
    [[nodiscard]] std::size_t printed_bytes() const { return printed_bytes_; }  ///< As of a Value.
    [[nodiscard]] auto begin() const { return members_.begin(); }
    [[nodiscard]] auto end() const { return members_.end(); }

 private:
    [[nodiscard]] std::optional<std::size_t> position(std::string_view name) const;

    std::vector<Member> members_;
    /// Filled only once the object is large; small ones are searched. Ordered, since clients choose
    /// the names: many with one hash would make every access slow.
    std::map<std::string, std::size_t, std::less<>> index_;
    std::size_t printed_bytes_ = 2;
};

/// Equality as expressions see it: numbers by value whatever their kind (a double counts as the
/// number its shortest text shows, so the double 0.1 equals the decimal 0.10), tables as lists of
/// rows, rows as objects (order of members does not matter), different kinds never equal.
[[nodiscard]] bool operator==(const Value& a, const Value& b);
/// Order of two numbers, two strings, two bools or two temporals of one kind; nullopt otherwise,
/// and for NaN.
[[nodiscard]] std::optional<std::partial_ordering> compare(const Value& a, const Value& b);

/// The text a value becomes inside longer text: nil is empty, lists and objects are compact JSON,
/// a table is its formatted text, bytes are base64.
[[nodiscard]] std::string to_text(const Value& value);
/// Shortest text that reads back as the same double; "NaN", "Infinity", "-Infinity".
///
/// Values:  plain notation from 1e-6 up to below 1e21, otherwise with an exponent (`1e+21`); whole
///          numbers end in `.0`, so that readers who tell integers and floats apart see a float.
[[nodiscard]] std::string double_text(double value);

}  // namespace kdeps
