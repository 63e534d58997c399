#include "codec.hpp"

#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps::worker {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they stand");

/// MAX_DEPTH in python/kdeps_worker/values.py; a JSON cell of a table may have 1000 levels.
constexpr int kMaxDepth = 1100;

template <typename T>
void put_fixed(T value, std::string& out) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.append(bytes, sizeof value);
}

void put_size(std::size_t size, std::string& out) {
    if (size > std::numeric_limits<std::uint32_t>::max()) {
        throw Error(ErrorCode::ResultTooLarge, "a value for a python script is larger than 4 GiB");
    }
    put_fixed(static_cast<std::uint32_t>(size), out);
}

void put_text(std::string_view text, std::string& out) {
    put_size(text.size(), out);
    out += text;
}

void put_tagged(char tag, std::string_view text, std::string& out) {
    out += tag;
    put_text(text, out);
}

void put_int(std::int64_t value, std::string& out) {
    out += 'i';
    put_fixed(value, out);
}

void put_double(double value, std::string& out) {
    out += 'd';
    put_fixed(value, out);
}

char temporal_tag(Kind kind) {
    switch (kind) {
        case Kind::Date:
            return 'p';
        case Kind::Time:
            return 'q';
        case Kind::Timestamp:
            return 'r';
        default:
            return 'z';
    }
}

/// A decimal without fraction beyond int64 is an integer of a database or of Python.
void put_decimal(const Decimal& value, std::string& out) {
    const bool is_large_integer = value.scale() == 0 && !value.to_int64();
    put_tagged(is_large_integer ? 'I' : 'D', value.to_string(), out);
}

class Encoder {
 public:
    Encoder(SentTables& tables, std::string& out) : tables_(tables), out_(out) {}

    void put(const Value& value, int depth) {
        if (depth > kMaxDepth) {
            throw Error(ErrorCode::PythonFailed,
                        "a value for a python script is nested deeper than 1100 levels");
        }
        switch (value.kind()) {
            case Kind::Null:
                out_ += 'N';
                break;
            case Kind::Bool:
                out_ += value.as_bool() ? 'T' : 'F';
                break;
            case Kind::Int:
                put_int(value.as_int(), out_);
                break;
            case Kind::Double:
                put_double(value.as_double(), out_);
                break;
            case Kind::Decimal:
                put_decimal(value.as_decimal(), out_);
                break;
            case Kind::String:
                put_tagged('s', value.as_string(), out_);
                break;
            case Kind::Bytes:
                put_tagged('b', value.as_bytes().data, out_);
                break;
            case Kind::Date:
            case Kind::Time:
            case Kind::Timestamp:
            case Kind::TimestampTz:
                put_tagged(temporal_tag(value.kind()), value.as_temporal().text, out_);
                break;
            case Kind::List:
                put_list(value.as_list(), depth);
                break;
            case Kind::Object:
                put_object(value, depth);
                break;
            case Kind::Table:
                put_table(value.as_table(), depth);
                break;
        }
    }

 private:
    void put_list(const Value::List& list, int depth) {
        out_ += 'l';
        put_size(list.size(), out_);
        for (const Value& item : list) put(item, depth + 1);
    }

    void put_object(const Value& object, int depth) {
        out_ += 'o';
        put_size(object.size(), out_);
        object.for_each_member([&](const std::string& name, const Value& item) {
            put_text(name, out_);
            put(item, depth + 1);
        });
    }

    void put_table(const TableRef& ref, int depth) {
        const Table& table = *ref.table;
        out_ += 't';
        put_fixed(tables_.add(ref), out_);
        out_ += static_cast<char>(ref.format);
        out_ += static_cast<char>(table.is_truncated());
        put_size(table.columns().size(), out_);
        for (const Column& column : table.columns()) put_text(column.name, out_);
        put_size(table.row_count(), out_);
        for (std::size_t row = 0; row < table.row_count(); ++row) {
            for (std::size_t column = 0; column < table.columns().size(); ++column) {
                put_cell(table, row, column, depth + 2);
            }
        }
    }

    void put_cell(const Table& table, std::size_t row, std::size_t column, int depth) {
        const auto [type, text] = table.cell(row, column);
        switch (type) {
            case CellType::Null:
                out_ += 'N';
                break;
            case CellType::Bool:
                out_ += text == "true" ? 'T' : 'F';
                break;
            case CellType::Int:
                if (const auto number = parse_int64(text)) {
                    put_int(*number, out_);
                } else {
                    put_tagged('I', text, out_);
                }
                break;
            case CellType::Decimal:
                put_tagged('D', text, out_);
                break;
            case CellType::Text:
                put_tagged('s', text, out_);
                break;
            case CellType::Bytes:
                put_tagged('b', text, out_);
                break;
            case CellType::Date:
                put_tagged('p', text, out_);
                break;
            case CellType::Time:
                put_tagged('q', text, out_);
                break;
            case CellType::Timestamp:
                put_tagged('r', text, out_);
                break;
            case CellType::TimestampTz:
                put_tagged('z', text, out_);
                break;
            case CellType::Double:
            case CellType::Json:
                put(table.value(row, column), depth);
                break;
        }
    }

    SentTables& tables_;
    std::string& out_;
};

class Decoder {
 public:
    Decoder(std::string_view data, const SentTables& tables) : data_(data), tables_(tables) {}

    [[nodiscard]] Value read(int depth) {
        if (depth > kMaxDepth) fail();
        switch (const char tag = take(1)[0]) {
            case 'N':
                return nullptr;
            case 'T':
                return true;
            case 'F':
                return false;
            case 'i':
                return fixed<std::int64_t>();
            case 'd':
                return fixed<double>();
            case 'I':
            case 'D':
                return decimal(text());
            case 's':
                return text();
            case 'b':
                return Bytes{std::string(text())};
            case 'p':
                return Temporal{Kind::Date, std::string(text())};
            case 'q':
                return Temporal{Kind::Time, std::string(text())};
            case 'r':
                return Temporal{Kind::Timestamp, std::string(text())};
            case 'z':
                return Temporal{Kind::TimestampTz, std::string(text())};
            case 'l':
                return list(depth);
            case 'o':
                return object(depth);
            case 'h':
                return tables_.at(fixed<std::uint64_t>());
            default:
                (void)tag;
                fail();
        }
    }

    [[nodiscard]] bool at_end() const { return data_.empty(); }
    [[noreturn]] static void fail() {
        throw Error(ErrorCode::WorkerCrashed, "a python worker sent a malformed message");
    }

 private:
    std::string_view take(std::size_t size) {
        if (size > data_.size()) fail();
        const std::string_view part = data_.substr(0, size);
        data_.remove_prefix(size);
        return part;
    }
    template <typename T>
    T fixed() {
        T value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::string_view text() { return take(fixed<std::uint32_t>()); }

    static Value decimal(std::string_view digits) {
        auto value = Decimal::parse(digits);
        if (!value) {
            throw Error(ErrorCode::PythonFailed,
                        "a number from a python script has more than 200000 digits");
        }
        return *std::move(value);
    }

    Value list(int depth) {
        const auto size = fixed<std::uint32_t>();
        if (size > data_.size()) fail();  // Each element takes a byte at least.
        Value::List items;
        items.reserve(size);
        for (std::uint32_t i = 0; i < size; ++i) items.push_back(read(depth + 1));
        return items;
    }

    Value object(int depth) {
        const auto size = fixed<std::uint32_t>();
        Object members;
        for (std::uint32_t i = 0; i < size; ++i) {
            std::string name(text());
            members.set(std::move(name), read(depth + 1));
        }
        return members;
    }

    std::string_view data_;
    const SentTables& tables_;
};

}  // namespace

std::uint64_t SentTables::add(TableRef table) {
    tables_.push_back(std::move(table));
    return std::uint64_t{call_number_} << 32 | (tables_.size() - 1);
}

const TableRef& SentTables::at(std::uint64_t handle) const {
    const std::size_t index = handle & 0xffffffffu;
    if (handle >> 32 != call_number_ || index >= tables_.size()) Decoder::fail();
    return tables_[index];
}

void encode(const Value& value, SentTables& tables, std::string& out) {
    Encoder(tables, out).put(value, 0);
}

Value decode(std::string_view data, const SentTables& tables) {
    Decoder decoder(data, tables);
    Value value = decoder.read(0);
    if (!decoder.at_end()) Decoder::fail();
    return value;
}

}  // namespace kdeps::worker
