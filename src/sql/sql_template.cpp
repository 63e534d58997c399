#include "kdeps/sql/sql_template.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "kdeps/base/error.hpp"

#include "lexer.hpp"
#include "list_parameter.hpp"

namespace kdeps::sql {
namespace {

constexpr std::size_t kNone = std::string::npos;

void refuse_nul(const Slot& slot, const Value& value) {
    if (value.kind() == Kind::String && value.as_string().find('\0') != std::string::npos) {
        throw Error(ErrorCode::BadRequest,
                    "text parameter contains a NUL character in " + describe(slot),
                    {.where = slot.span});
    }
}

const std::string& require_text(const Slot& slot, const Value& value) {
    if (value.kind() != Kind::String) {
        throw Error(ErrorCode::BadRequest,
                    "a name is needed, not " + std::string(kind_name(value.kind())) + ", in " +
                        describe(slot),
                    {.where = slot.span});
    }
    return value.as_string();
}

/// As JSON text among the values of IN ( ) it would silently match nothing.
void refuse_list(const Slot& slot, const Value& value) {
    if (value.kind() != Kind::List && value.kind() != Kind::Table) return;
    throw Error(ErrorCode::BadRequest,
                "a list cannot be one of the values of IN ( ) in " + describe(slot),
                {.where = slot.span, .hint = "write IN ({{ list }}) with nothing beside it"});
}

/// The value as the driver gets it.
Value sendable(const Slot& slot, Value value, const Dialect& dialect) {
    if (slot.role == SlotRole::Element) refuse_list(slot, value);
    if (slot.role != SlotRole::List) {
        refuse_nul(slot, value);
        return value;
    }
    Value::List elements = list_elements(slot, value);
    for (const Value& element : elements) refuse_nul(slot, element);
    if (dialect.list == ListForm::Json) return json_list(slot, elements, dialect);
    return elements;
}

bool is_expanded(const Slot& slot, const Dialect& dialect) {
    return slot.role == SlotRole::List && dialect.list == ListForm::Expanded;
}

bool is_inserted(const Slot& slot) {
    return slot.role == SlotRole::Identifier || slot.role == SlotRole::Fragment;
}

/// Appends native placeholders and gives out their numbers.
class PlaceholderWriter {
 public:
    PlaceholderWriter(const Dialect& dialect, std::size_t slots)
        : dialect_(dialect), numbers_(slots) {}

    /// Writes `count` placeholders for a slot; returns how many of them take a new parameter.
    std::size_t write(std::size_t slot, std::size_t count, std::string& out) {
        const bool repeats = numbers_[slot] != 0 && dialect_.numbered;
        if (!repeats) {
            numbers_[slot] = next_;
            next_ += count;
        }
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) out += ", ";
            write_one(numbers_[slot] + i, out);
        }
        return repeats ? 0 : count;
    }

 private:
    void write_one(std::size_t number, std::string& out) const {
        out += dialect_.placeholder;
        if (dialect_.numbered) out += std::to_string(number);
    }

    const Dialect& dialect_;
    std::size_t next_ = 1;
    std::vector<std::size_t> numbers_;  ///< First number of each slot; 0 before its first use.
};

}  // namespace

bool SqlTemplate::varies() const {
    return std::any_of(slots_.begin(), slots_.end(), [this](const Slot& slot) {
        return is_inserted(slot) || is_expanded(slot, *dialect_);
    });
}

/// Whether the parameters are the slots' values as they are.
bool SqlTemplate::takes_each_slot_once() const {
    if (fixed_order_.size() != slots_.size()) return false;
    for (std::size_t i = 0; i < fixed_order_.size(); ++i) {
        if (fixed_order_[i].slot != i || fixed_order_[i].element != kNone) return false;
    }
    return true;
}

SqlTemplate::Rendered SqlTemplate::render(std::span<const Value> values, bool padded) const {
    Rendered out;
    PlaceholderWriter writer(*dialect_, slots_.size());
    for (const Piece& piece : pieces_) {
        out.text += piece.text;
        if (piece.slot == kNone) continue;
        const Slot& slot = slots_[piece.slot];
        if (slot.role == SlotRole::Identifier) {
            out.text += quote_identifier(require_text(slot, values[piece.slot]), *dialect_);
        } else if (slot.role == SlotRole::Fragment) {
            out.text += require_text(slot, values[piece.slot]);
        } else if (!is_expanded(slot, *dialect_)) {
            if (writer.write(piece.slot, 1, out.text) > 0) out.order.push_back({piece.slot, kNone});
        } else if (const std::size_t count = values[piece.slot].as_list().size(); count == 0) {
            // A subquery without rows: IN is false and NOT IN true, whatever the operand.
            out.text += dialect_->empty_list;
        } else {
            const std::size_t size = padded ? expanded_size(count) : count;
            const std::size_t fresh = writer.write(piece.slot, size, out.text);
            for (std::size_t i = 0; i < fresh; ++i) {
                out.order.push_back({piece.slot, std::min(i, count - 1)});
            }
        }
    }
    return out;
}

SqlTemplate::Rendered SqlTemplate::render_within_limit(std::span<const Value> values) const {
    const std::size_t most = dialect_->most_parameters;
    Rendered rendered = render(values, true);
    if (rendered.order.size() > most) rendered = render(values, false);
    if (rendered.order.size() <= most) return rendered;
    const auto size_of = [&](const Slot& slot) {
        const Value& value = values[static_cast<std::size_t>(&slot - slots_.data())];
        return is_expanded(slot, *dialect_) ? value.as_list().size() : 0;
    };
    const Slot& longest = *std::ranges::max_element(slots_, {}, size_of);
    throw Error(
        ErrorCode::BadRequest,
        std::to_string(size_of(longest)) + " values are too many in " + describe(longest) + ": " +
            std::string(dialect_->name) + " takes at most " + std::to_string(most) +
            " parameters in a statement",
        {.where = longest.span, .hint = "give fewer values at once, or select them from a table"});
}

BoundStatement SqlTemplate::bind(std::vector<Value> values) const {
    assert(values.size() == slots_.size());
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        values[i] = sendable(slots_[i], std::move(values[i]), *dialect_);
    }
    if (takes_slots_in_order_) return {fixed_text_, std::move(values)};
    std::shared_ptr<const std::string> text = fixed_text_;
    Rendered variant;
    if (!text) {
        variant = render_within_limit(values);
        text = std::make_shared<const std::string>(std::move(variant.text));
    }
    const auto& order = fixed_text_ ? fixed_order_ : variant.order;
    BoundStatement bound{std::move(text), {}};
    bound.parameters.reserve(order.size());
    for (const ParameterSource& source : order) {
        const Value& value = values[source.slot];
        bound.parameters.push_back(source.element == kNone ? value
                                                           : value.as_list()[source.element]);
    }
    return bound;
}

std::string describe(const Slot& slot) {
    switch (slot.source) {
        case SlotSource::Positional:
            return "parameter " + std::to_string(slot.index + 1);
        case SlotSource::Named:
            return "parameter '" + slot.name + "'";
        case SlotSource::Expression:
            return "'{{ " + slot.text + " }}'";
        case SlotSource::Text:
            return "'" + slot.text + "'";
    }
    return {};
}

SeparatedStatement separate_parameters(std::string_view text, const Dialect& dialect) {
    SeparatedStatement out;
    std::size_t copied = 0;
    for (const Token& token : tokenize(text, TextOrigin{}, dialect)) {
        if (token.kind != TokenKind::Placeholder || token.style != PlaceholderStyle::Numbered) {
            continue;
        }
        out.text += text.substr(copied, token.begin - copied);
        out.sources.push_back(std::stoul(std::string(token.body(text))) - 1);
        out.text += dialect.placeholder;
        out.text += std::to_string(out.sources.size());
        copied = token.end;
    }
    out.text += text.substr(copied);
    return out;
}

std::string quote_identifier(std::string_view name, const Dialect& dialect) {
    const char open = dialect.name_quotes.front();
    const char close = open == '[' ? ']' : open;
    std::string out(1, open);
    std::size_t part_begin = 0;
    const auto require_part = [&](std::size_t end) {
        if (end == part_begin) throw Error(ErrorCode::BadRequest, "a name in SQL is empty");
        part_begin = end + 1;
    };
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        if (c == '\0') throw Error(ErrorCode::BadRequest, "a name in SQL contains a NUL character");
        if (c == '.') {
            require_part(i);
            out += close;
            out += '.';
            out += open;
            continue;
        }
        out += c;
        if (c == close) out += close;
    }
    require_part(name.size());
    out += close;
    return out;
}

}  // namespace kdeps::sql
