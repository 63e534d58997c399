#include "kdeps/base/table.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/base/value.hpp"

#include "number_text.hpp"

namespace kdeps {

namespace {

// Databases nest JSON deeper than we let a request do; the bound protects the stack of readers.
constexpr JsonLimits kCellLimits{.max_depth = 1000};

Value integer_value(std::string_view text) {
    if (const auto number = parse_int64(text)) return *number;
    if (auto number = Decimal::parse(text)) return std::move(*number);
    return text;
}

Value decimal_value(std::string_view text) {
    if (auto number = Decimal::parse(text)) return std::move(*number);
    return text;
}

Value double_value(std::string_view text) {
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size()) return number;
    return text;
}

Value json_value(std::string_view text, const Charge& charge) {
    try {
        const Value value = parse_json(text, kCellLimits, charge);
        switch (value.kind()) {
            case Kind::Null:
                return JsonScalar{.kind = Kind::Null};
            case Kind::Bool:
                return JsonScalar{.kind = Kind::Bool, .truth = value.as_bool()};
            case Kind::String:
                return JsonScalar{.kind = Kind::String, .text = value.as_string()};
            default:
                return value;
        }
    } catch (const Error& error) {
        if (error.code() != ErrorCode::BadRequest) throw;
        return text;  // nested too deeply
    }
}

}  // namespace

std::optional<std::size_t> Table::column_index(std::string_view name) const {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].name == name) return i;
    }
    return std::nullopt;
}

std::size_t Table::row_count() const {
    return columns_.empty() ? 0 : cells_.size() / columns_.size();
}

Cell Table::cell(std::size_t row, std::size_t column) const {
    const std::size_t index = row * columns_.size() + column;
    const std::size_t begin = cells_[index].begin;
    const std::size_t end = index + 1 < cells_.size() ? cells_[index + 1].begin : text_.size();
    return {static_cast<CellType>(cells_[index].type), {text_.data() + begin, end - begin}};
}

Value Table::value(std::size_t row, std::size_t column, const Charge& charge) const {
    const auto [type, text] = cell(row, column);
    if (charge) charge(text.size());
    const auto temporal = [&, cell_text = text](Kind kind) {
        return Temporal{kind, std::string(cell_text)};
    };
    switch (type) {
        case CellType::Null:
            return nullptr;
        case CellType::Bool:
            return text == "true";
        case CellType::Int:
            return integer_value(text);
        case CellType::Decimal:
            return decimal_value(text);
        case CellType::Double:
            return double_value(text);
        case CellType::Text:
            return text;
        case CellType::Bytes:
            return Bytes{std::string(text)};
        case CellType::Date:
            return temporal(Kind::Date);
        case CellType::Time:
            return temporal(Kind::Time);
        case CellType::Timestamp:
            return temporal(Kind::Timestamp);
        case CellType::TimestampTz:
            return temporal(Kind::TimestampTz);
        case CellType::Json:
            return json_value(text, charge);
    }
    return nullptr;
}

std::size_t Table::byte_size() const {
    return text_.size() + cells_.size() * sizeof(PackedCell);
}

namespace {

std::atomic<std::size_t> result_memory_total = 0;

}  // namespace

ResultMemory::ResultMemory(ResultMemory&& other) noexcept : held_(std::exchange(other.held_, 0)) {}

ResultMemory& ResultMemory::operator=(ResultMemory&& other) noexcept {
    std::swap(held_, other.held_);
    return *this;
}

ResultMemory::~ResultMemory() {
    result_memory_total -= held_;
}

std::size_t ResultMemory::total() {
    return result_memory_total;
}

bool ResultMemory::grow_to(std::size_t bytes) {
    if (bytes <= held_) return true;
    const std::size_t more = bytes - held_;
    if (result_memory_total.fetch_add(more) + more > kMaxResultMemory) {
        result_memory_total -= more;
        return false;
    }
    held_ = bytes;
    return true;
}

void ResultMemory::shrink_to(std::size_t bytes) {
    if (bytes >= held_) return;
    result_memory_total -= held_ - bytes;
    held_ = bytes;
}

TableBuilder::TableBuilder(std::size_t max_bytes) : max_bytes_(max_bytes) {}

void TableBuilder::add_column(std::string name) {
    const auto holder = table_.column_index(name);
    const auto made_up = std::ranges::find_if(
        made_up_, [&](const MadeUp& column) { return holder && column.column == *holder; });
    if (made_up != made_up_.end()) {
        table_.columns_[*holder].name = free_name(made_up->original);
    } else if (holder) {
        made_up_.push_back({table_.columns_.size(), name});
        name = free_name(name);
    }
    table_.columns_.push_back({std::move(name)});
}

std::string TableBuilder::free_name(const std::string& name) const {
    for (int suffix = 2;; ++suffix) {
        std::string free = fmt::format("{}_{}", name, suffix);
        if (!table_.column_index(free)) return free;
    }
}

std::vector<std::string> TableBuilder::renamed_columns() const {
    std::vector<std::string> names;
    for (const MadeUp& column : made_up_) names.push_back(table_.columns_[column.column].name);
    return names;
}

void TableBuilder::claim(std::size_t size) {
    if (size > max_bytes_) {
        throw Error(ErrorCode::ResultTooLarge,
                    fmt::format("the result is larger than maxResultBytes ({} bytes)", max_bytes_),
                    {.hint = "read fewer rows or columns, or raise maxResultBytes"});
    }
    // More than is needed, so that the shared total is touched rarely.
    constexpr std::size_t kStep = 4U << 10U;
    if (!table_.memory_.grow_to(size + std::max(kStep, size / 4))) {
        throw Error(
            ErrorCode::ResultTooLarge,
            fmt::format("the results of all running requests together are larger than {} MiB",
                        kMaxResultMemory >> 20U),
            {.hint = "read fewer rows at once, or lower maxResultBytes or maxConcurrent"});
    }
    granted_ = std::min(max_bytes_, table_.memory_.held());
}

void TableBuilder::reserve(std::size_t rows, std::size_t text_bytes) {
    table_.cells_.reserve(table_.cells_.size() + rows * table_.columns_.size());
    table_.text_.reserve(table_.text_.size() + text_bytes);
}

void TableBuilder::append(CellType type, std::string_view text) {
    const std::size_t size = table_.byte_size() + sizeof(Table::PackedCell) + text.size();
    if (size > granted_) claim(size);
    constexpr std::size_t kLongest = (std::size_t{1} << 56U) - 1;
    table_.cells_.push_back(
        {.begin = table_.text_.size() & kLongest, .type = static_cast<std::uint8_t>(type)});
    table_.text_.append(text);
}

void RowSink::append_int(std::int64_t value) {
    std::array<char, 20> buffer;
    const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    append(CellType::Int, {buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

void RowSink::append_double(double value) {
    NumberBuffer buffer;
    append(CellType::Double, number_text(value, buffer));
}

void RowSink::append_float(float value) {
    NumberBuffer buffer;
    append(CellType::Double, number_text(value, buffer));
}

std::shared_ptr<const Table> TableBuilder::finish() {
    table_.memory_.shrink_to(table_.byte_size());
    return std::make_shared<const Table>(std::move(table_));
}

}  // namespace kdeps
