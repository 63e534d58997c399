#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/charge.hpp"

namespace kdeps {

class Value;

/// What a cell's text means. All but Text, Bytes and Json are stored in the form JSON and CSV
/// print, so writers copy them.
enum class CellType : std::uint8_t {
    Null,
    Bool,     ///< "true" or "false"
    Int,      ///< decimal integer of any size ("18446744073709551615" too)
    Decimal,  ///< plain decimal digits as the database wrote them
    Double,   ///< shortest text that reads back; "NaN", "Infinity", "-Infinity" print as strings
    Text,     ///< UTF-8
    Bytes,    ///< raw bytes; printed as base64
    Date,     ///< ISO 8601, here and below
    Time,
    Timestamp,
    TimestampTz,  ///< in UTC, ending in Z
    Json,         ///< a JSON document
};

struct Column {
    std::string name;  ///< Unique within the table.
};

struct Cell {
    CellType type;
    std::string_view text;  ///< Borrowed from the table; empty for Null.
};

/// How much memory the results of the whole process may take together.
inline constexpr std::size_t kMaxResultMemory = std::size_t{512} << 20;

/// A share of that memory, given back at the end of the scope.
///
/// Threads: one owner at a time; the total is shared by all.
class ResultMemory {
 public:
    ResultMemory() = default;
    ResultMemory(ResultMemory&& other) noexcept;
    ResultMemory& operator=(ResultMemory&& other) noexcept;
    ~ResultMemory();

    /// Makes the share at least `bytes`. False, with nothing changed, when the total would pass
    /// kMaxResultMemory.
    [[nodiscard]] bool grow_to(std::size_t bytes);
    /// Gives back what is beyond `bytes`.
    void shrink_to(std::size_t bytes);
    [[nodiscard]] std::size_t held() const { return held_; }
    [[nodiscard]] static std::size_t total();  ///< Held by the whole process now.

 private:
    std::size_t held_ = 0;
};

/// What a SELECT yields: column names once, cells packed in the order they arrived.
///
/// Shape:   row_count() x columns().size(); immutable once built by TableBuilder.
/// Threads: safe to read from several threads.
class Table {
 public:
    [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
    [[nodiscard]] std::optional<std::size_t> column_index(std::string_view name) const;
    [[nodiscard]] std::size_t row_count() const;
    [[nodiscard]] Cell cell(std::size_t row, std::size_t column) const;
    /// The cell as a Value: a Double "NaN" becomes a double, an Int beyond int64 a decimal, Json is
    /// parsed. Text that cannot be read as its type (JSON over 1000 levels deep) stays a string.
    ///
    /// Errors: those of `charge`, which hears of the memory that the Value takes.
    [[nodiscard]] Value value(std::size_t row, std::size_t column, const Charge& charge = {}) const;
    /// True when `maxRows` cut further rows off.
    [[nodiscard]] bool is_truncated() const { return truncated_; }
    [[nodiscard]] std::size_t byte_size() const;

 private:
    friend class TableBuilder;
    /// Where a cell's text begins, and its type; it ends where the next cell begins.
    struct PackedCell {
        std::uint64_t begin : 56;
        std::uint64_t type : 8;
    };
    std::vector<Column> columns_;
    std::vector<PackedCell> cells_;
    std::string text_;
    ResultMemory memory_;
    bool truncated_ = false;
};

/// Where those who read a result put it: all columns, then cell by cell, row after row.
class RowSink {
 public:
    virtual ~RowSink() = default;
    virtual void add_column(std::string name) = 0;
    /// So many further rows with so many bytes of text are near.
    virtual void reserve(std::size_t, std::size_t) {}
    /// Errors: those of the sink.
    virtual void append(CellType type, std::string_view text) = 0;
    /// All cells of a row are there. A sink that sends rows on may wait here. Errors: as above.
    virtual void end_row() {}
    virtual void set_truncated() = 0;  ///< Further rows were cut off.

    void append_null() { append(CellType::Null, {}); }
    void append_int(std::int64_t value);
    void append_double(double value);  ///< Shortest text that reads back as the same double.
    void append_float(float value);    ///< The same for single precision.
};

/// Fills a table.
///
/// Errors:  Error(ResultTooLarge) from append() once the table's memory passes `max_bytes`, or all
///          results of the process together pass kMaxResultMemory.
class TableBuilder final : public RowSink {
 public:
    explicit TableBuilder(std::size_t max_bytes = SIZE_MAX);
    /// Adds a column. A name that is taken becomes `name_2`, `name_3`, and counts as renamed; such
    /// a name gives way to a column that is really called so.
    void add_column(std::string name) override;
    void reserve(std::size_t rows, std::size_t text_bytes) override;
    void append(CellType type, std::string_view text) override;
    void set_truncated() override { table_.truncated_ = true; }
    [[nodiscard]] std::size_t cell_count() const { return table_.cells_.size(); }
    [[nodiscard]] std::vector<std::string> renamed_columns() const;
    [[nodiscard]] std::shared_ptr<const Table> finish();

 private:
    struct MadeUp {
        std::size_t column;
        std::string original;  ///< The name it would have.
    };
    void claim(std::size_t size);
    [[nodiscard]] std::string free_name(const std::string& name) const;

    Table table_;
    std::size_t max_bytes_;
    std::size_t granted_ = 0;  ///< Size up to which append() need not ask.
    std::vector<MadeUp> made_up_;
};

}  // namespace kdeps
