#include <string>

#include "kdeps/base/json.hpp"

#include "postgres/postgres_types.hpp"

namespace kdeps::db {

namespace {

void append_json(const CellText& cell, std::string& out) {
    switch (cell.type) {
        case CellType::Null:
            out += "null";
            return;
        case CellType::Double:
            if (cell.text.find_first_of("NI") != std::string_view::npos) break;  // NaN, Infinity
            [[fallthrough]];
        case CellType::Bool:
        case CellType::Int:
        case CellType::Decimal:
        case CellType::Json:
            out += cell.text;
            return;
        case CellType::Bytes:
            write_json_string(base64_encode(cell.text), out);
            return;
        default:
            break;
    }
    write_json_string(cell.text, out);
}

/// One pass over an array literal. Source: PostgreSQL manual, "Array Input and Output Syntax".
class ArrayReader {
 public:
    ArrayReader(const PgType& type, std::string_view text) : type_(type), text_(text) {}

    std::optional<std::string> run() {
        skip_bounds();
        if (!array()) return std::nullopt;
        if (at_ != text_.size()) return std::nullopt;
        return std::move(json_);
    }

 private:
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    /// `[0:2][1:1]={...}`: bounds are written only when one does not begin at 1.
    void skip_bounds() {
        if (peek() != '[') return;
        const std::size_t equals = text_.find('=');
        if (equals != std::string_view::npos) at_ = equals + 1;
    }

    // The depth of the recursion is bounded: PostgreSQL has at most six dimensions.
    bool array() {
        if (peek() != '{') return false;
        ++at_;
        json_ += '[';
        if (peek() != '}') {
            do {
                if (!element()) return false;
            } while (separator());
        }
        if (peek() != '}') return false;
        ++at_;
        json_ += ']';
        return true;
    }

    bool separator() {
        if (peek() != type_.delimiter) return false;
        ++at_;
        json_ += ',';
        return true;
    }

    bool element() {
        if (peek() == '{') return array();
        if (peek() == '"') return quoted();
        const std::size_t begin = at_;
        while (at_ < text_.size() && peek() != type_.delimiter && peek() != '}') ++at_;
        const std::string_view word = text_.substr(begin, at_ - begin);
        if (word.empty()) return false;
        append_json(word == "NULL" ? CellText{CellType::Null, {}} : cell(word), json_);
        return true;
    }

    bool quoted() {
        std::string value;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\' && ++at_ == text_.size()) return false;
            value += text_[at_];
        }
        if (peek() != '"') return false;
        ++at_;
        append_json(cell(value), json_);
        return true;
    }

    CellText cell(std::string_view text) { return pg_cell(type_.element, text, scratch_); }

    const PgType& type_;
    std::string_view text_;
    std::size_t at_ = 0;
    std::string json_;
    std::string scratch_;
};

}  // namespace

std::optional<std::string> array_json(const PgType& type, std::string_view literal) {
    return ArrayReader(type, literal).run();
}

}  // namespace kdeps::db
