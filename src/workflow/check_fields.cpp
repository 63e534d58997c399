#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"
#include "kdeps/workflow/schema.hpp"

#include "field_values.hpp"

namespace kdeps::workflow {
namespace {

using Kind = Node::Kind;

/// `'abc'`, `a list`: what stands there instead of what should.
std::string found(const Node& node) {
    if (node.is_null()) return "nothing";
    if (!node.is_scalar()) return fmt::format("a {}", kind_name(node.kind));
    return quoted_text(node);
}

/// Checks the members of one map against one schema.
class Checker {
 public:
    Checker(const KindSchema& schema, Diagnostics& diagnostics)
        : schema_(schema), diagnostics_(diagnostics) {}

    void check(const Node& map) {
        std::vector<const Node*> used(schema_.fields.size(), nullptr);
        for (const auto& [key, value] : map.members) {
            const FieldSpec* spec = find_spec(schema_, key.text);
            if (spec == nullptr) {
                report_unknown(key);
                continue;
            }
            const Node*& first = used[static_cast<std::size_t>(spec - schema_.fields.data())];
            if (first != nullptr) {
                diagnostics_.error(ErrorCode::DuplicateKey,
                                   fmt::format("'{}' and '{}' in {} are the same setting",
                                               first->text, key.text, schema_.name),
                                   key.span, fmt::format("keep '{}'", spec->name));
            }
            first = &key;
            check_member(*spec, key, value);
        }
        for (std::size_t i = 0; i < used.size(); ++i) {
            if (schema_.fields[i].required) require(schema_.fields[i], map);
        }
    }

 private:
    void report_unknown(const Node& key) {
        if (key.is_secret || key.text.find_first_of("@=/") != std::string::npos) {
            // A secret without its key, or the rest of a connection string that ended at a comma.
            diagnostics_.warning(
                ErrorCode::UnknownKey,
                fmt::format("a text stands in {} where a key belongs", schema_.name), key.span,
                "quote a value that contains a comma");
            return;
        }
        std::vector<std::string> names;
        for (const FieldSpec& spec : schema_.fields) {
            if (spec.support == Support::Full) names.push_back(spec.name);
        }
        diagnostics_.warning(ErrorCode::UnknownKey,
                             fmt::format("unknown key '{}' in {}", key.text, schema_.name),
                             key.span, did_you_mean(key.text, names));
    }

    void require(const FieldSpec& spec, const Node& map) {
        const Node* value = find_value(map, spec);
        if (value != nullptr && !(value->is_scalar() && value->text.empty())) return;
        diagnostics_.error(
            ErrorCode::MissingField, fmt::format("missing '{}' in {}", spec.name, schema_.name),
            value != nullptr ? value->span : map.span, fmt::format("{}: {}", spec.name, spec.help));
    }

    void check_member(const FieldSpec& spec, const Node& key, const Node& value) {
        if (spec.support == Support::Full) {
            if (!value.is_null()) check_value(spec, value);
            return;
        }
        const bool is_off = value.is_null() || value.text == "false" ||
                            (!value.is_scalar() && value.items.empty() && value.members.empty());
        if (is_off || spec.support == Support::Ignored) return;
        if (spec.support == Support::Warned) {
            diagnostics_.warning(ErrorCode::NotSupported,
                                 fmt::format("'{}' in {} has no effect", key.text, schema_.name),
                                 key.span, spec.help);
        } else if (spec.support == Support::Refused) {
            diagnostics_.error(ErrorCode::NotSupported,
                               fmt::format("'{}' in {} is not supported", key.text, schema_.name),
                               key.span, spec.help);
        } else {
            diagnostics_.error(ErrorCode::InvalidValue,
                               fmt::format("'{}' stands on the wrong level", key.text), key.span,
                               spec.help);
        }
    }

    void mistyped(const FieldSpec& spec, const Node& value, std::string_view expected,
                  std::string hint = {}) {
        diagnostics_.error(ErrorCode::InvalidValue,
                           fmt::format("'{}' in {} must be {}, not {}", spec.name, schema_.name,
                                       expected, found(value)),
                           value.span, std::move(hint));
    }

    /// Like mistyped(), without the text: where a map belongs it may be a connection string.
    void misshapen(const FieldSpec& spec, const Node& value, std::string_view expected) {
        diagnostics_.error(ErrorCode::InvalidValue,
                           fmt::format("'{}' in {} must be {}, not a {}", spec.name, schema_.name,
                                       expected, kind_name(value.kind)),
                           value.span);
    }

    void check_value(const FieldSpec& spec, const Node& value) {
        if (spec.or_expression && value.kind == Kind::String) return;
        switch (spec.type) {
            case FieldType::Any:
                return;
            case FieldType::Text:
            case FieldType::Template:
            case FieldType::Expression:
                if (!value.is_scalar()) mistyped(spec, value, "a text");
                return;
            case FieldType::Integer:
            case FieldType::Duration:
            case FieldType::ByteSize:
                return check_quantity(spec, value);
            case FieldType::Boolean:
                if (!boolean_of(value)) mistyped(spec, value, "true or false");
                return;
            case FieldType::Choice:
                return check_choice(spec, value);
            case FieldType::TextList:
                return check_text_list(spec, value);
            case FieldType::TextMap:
                return check_text_map(spec, value);
            case FieldType::Map:
                return check_map(spec, value);
            case FieldType::MapList:
                return check_map_list(spec, value);
            case FieldType::NamedMaps:
                return check_named_maps(spec, value);
        }
    }

    void check_quantity(const FieldSpec& spec, const Node& value) {
        if (spec.type == FieldType::Integer) {
            const auto number = integer_of(value);
            if (!number) return mistyped(spec, value, "a whole number");
            if (*number >= spec.minimum && *number <= spec.maximum) return;
            const std::string range =
                spec.maximum == INT64_MAX
                    ? fmt::format("at least {}", spec.minimum)
                    : fmt::format("between {} and {}", spec.minimum, spec.maximum);
            return mistyped(spec, value, range);
        }
        if (spec.type == FieldType::Duration) {
            const auto duration = duration_of(value);
            if (!duration) {
                return mistyped(spec, value, "a duration",
                                "durations have a unit: 300ms, 30s, 5m, 1h30m");
            }
            if (duration->count() >= spec.minimum && duration->count() <= spec.maximum) return;
            const std::string range =
                duration->count() < spec.minimum
                    ? std::string("longer than 0s")
                    : "at most " + duration_text(std::chrono::milliseconds(spec.maximum));
            return mistyped(spec, value, range);
        }
        const auto size = byte_size_of(value);
        if (!size) return mistyped(spec, value, "a size in bytes", "for example 512KiB or 64MiB");
        if (*size == 0 && spec.minimum > 0) mistyped(spec, value, "at least 1 byte");
    }

    void check_choice(const FieldSpec& spec, const Node& value) {
        const auto& choices = spec.choices;
        const bool is_known = value.is_scalar() && std::find(choices.begin(), choices.end(),
                                                             value.text) != choices.end();
        if (is_known) return;
        const auto guess = value.is_scalar() ? closest(value.text, choices) : std::nullopt;
        mistyped(spec, value, fmt::format("one of {}", fmt::join(choices, ", ")),
                 guess ? fmt::format("did you mean '{}'?", *guess) : std::string());
    }

    void check_text_list(const FieldSpec& spec, const Node& value) {
        if (value.is_map()) return mistyped(spec, value, "a list of texts");
        for (const Node& item : value.items) {
            if (item.is_scalar() && !item.is_null()) continue;
            diagnostics_.error(ErrorCode::InvalidValue,
                               fmt::format("an item of '{}' in {} must be a text, not {}",
                                           spec.name, schema_.name, found(item)),
                               item.span);
        }
    }

    void check_text_map(const FieldSpec& spec, const Node& value) {
        if (!value.is_map()) return misshapen(spec, value, "a map of names to texts");
        for (const auto& [key, member] : value.members) {
            if (member.is_scalar()) continue;
            diagnostics_.error(ErrorCode::InvalidValue,
                               fmt::format("'{}' in {} of {} must be a text, not {}", key.text,
                                           spec.name, schema_.name, found(member)),
                               member.span);
        }
    }

    void check_map(const FieldSpec& spec, const Node& value) {
        if (!value.is_map()) return misshapen(spec, value, "a map");
        if (spec.nested != nullptr) Checker(*spec.nested, diagnostics_).check(value);
    }

    void check_map_list(const FieldSpec& spec, const Node& value) {
        const auto is_text = [&](const Node& node) {
            return spec.or_texts && node.is_scalar() && !node.is_null();
        };
        if (is_text(value)) return;
        if (!value.is_list()) return misshapen(spec, value, "a list of maps");
        for (const Node& item : value.items) {
            if (!is_text(item)) check_map(spec, item);
        }
    }

    void check_named_maps(const FieldSpec& spec, const Node& value) {
        if (spec.or_texts && !value.is_map()) return check_text_list(spec, value);
        if (!value.is_map()) return misshapen(spec, value, "a map of names to maps");
        for (const auto& [name, member] : value.members) {
            if (member.is_map()) {
                check_map(spec, member);
            } else if (!member.is_null()) {
                diagnostics_.error(ErrorCode::InvalidValue,
                                   fmt::format("'{}' in {} of {} must be a map, not {}", name.text,
                                               spec.name, schema_.name, found(member)),
                                   member.span);
            }
        }
    }

    const KindSchema& schema_;
    Diagnostics& diagnostics_;
};

}  // namespace

bool is_well_shaped(const Node& map, const KindSchema& schema) {
    if (!map.is_map()) return false;
    return std::all_of(map.members.begin(), map.members.end(), [&](const auto& member) {
        const auto& [key, value] = member;
        const FieldSpec* spec = find_spec(schema, key.text);
        if (spec == nullptr || value.is_null()) return true;
        const auto is_fitting_map = [&](const Node& node) {
            return spec->nested == nullptr ? node.is_map() : is_well_shaped(node, *spec->nested);
        };
        switch (spec->type) {
            case FieldType::Any:
                return true;
            case FieldType::TextList:
                return !value.is_map();
            case FieldType::TextMap:
                return value.is_map();
            case FieldType::Map:
                return is_fitting_map(value);
            case FieldType::MapList:
                return value.is_list() &&
                       std::all_of(value.items.begin(), value.items.end(), is_fitting_map);
            case FieldType::NamedMaps:
                return value.is_map() && std::ranges::all_of(value.members, [&](const auto& named) {
                           return is_fitting_map(named.second);
                       });
            default:
                return value.is_scalar();
        }
    });
}

Fields check_fields(const Node& node, const KindSchema& schema, Diagnostics& diagnostics) {
    if (node.is_map()) {
        Checker(schema, diagnostics).check(node);
    } else {
        diagnostics.error(ErrorCode::InvalidValue,
                          fmt::format("{} must be a map, not {}{}", schema.name,
                                      node.is_null() ? "" : "a ", kind_name(node.kind)),
                          node.span);
    }
    return {&node, &schema};
}

}  // namespace kdeps::workflow
