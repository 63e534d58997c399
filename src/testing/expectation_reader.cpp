// How expectations are written: values, and maps of matchers.
#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kdeps/base/text.hpp"
#include "kdeps/testing/expectation.hpp"

#include "node_text.hpp"

namespace kdeps::testing {

using workflow::Node;

/// Reads one node and what is below it.
class ExpectationReader {
 public:
    explicit ExpectationReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    Expectation read(const Node& node, Match match) {
        if (node.is_map()) return has_matcher(node) ? all_of(node, match) : map(node, match);
        Expectation made = at(node, Expectation::Form::Literal, match);
        if (node.is_list()) {
            made.form_ = Expectation::Form::List;
            for (const Node& item : node.items) made.items_.push_back(read(item, match));
        } else {
            made.value_ = value_of(node);
        }
        return made;
    }

 private:
    using Form = Expectation::Form;
    using Read = Expectation (ExpectationReader::*)(const Node&);
    struct Matcher {
        const char* name;
        Read read;
    };

    static Expectation at(const Node& node, Form form, Match match = Match::Whole) {
        Expectation made;
        made.form_ = form;
        made.match_ = match;
        made.span_ = node.span;
        return made;
    }

    static bool has_matcher(const Node& map) {
        return std::ranges::any_of(
            map.members, [](const auto& member) { return member.first.text.starts_with('$'); });
    }

    Expectation map(const Node& node, Match match) {
        Expectation made = at(node, Form::Map, match);
        for (const auto& [key, value] : node.members) {
            made.names_.push_back(key.text);
            made.items_.push_back(read(value, match));
            // Of a map or list in block form the place is its key already.
            if (value.is_null() || !value.is_scalar()) made.items_.back().span_ = key.span;
        }
        return made;
    }

    Expectation all_of(const Node& node, Match match) {
        static constexpr std::array kMatchers{
            Matcher{"$any", &ExpectationReader::any},
            Matcher{"$absent", &ExpectationReader::absent},
            Matcher{"$type", &ExpectationReader::type},
            Matcher{"$regex", &ExpectationReader::regex},
            Matcher{"$range", &ExpectationReader::range},
            Matcher{"$length", &ExpectationReader::length},
            Matcher{"$equals", &ExpectationReader::equals},
            Matcher{"$contains", &ExpectationReader::contains},
        };
        Expectation made = at(node, Form::All, match);
        for (const auto& [key, value] : node.members) {
            const auto* const known = std::ranges::find_if(
                kMatchers, [&](const Matcher& matcher) { return key.text == matcher.name; });
            if (known != kMatchers.end()) {
                made.items_.push_back((this->*known->read)(value));
                continue;
            }
            std::vector<std::string> names;
            for (const Matcher& matcher : kMatchers) names.emplace_back(matcher.name);
            error(key, fmt::format("unknown matcher '{}'", key.text),
                  key.text.starts_with('$')
                      ? did_you_mean(key.text, names)
                      : "matchers stand in a map of their own; $equals takes any map as it is");
        }
        return made;
    }

    Expectation any(const Node& node) {
        require_true(node, "$any");
        return at(node, Form::Present);
    }

    Expectation absent(const Node& node) {
        require_true(node, "$absent");
        return at(node, Form::Absent);
    }

    Expectation type(const Node& node) {
        Expectation made = at(node, Form::Type);
        if (node.is_null() || node.text == "null") return made;
        made.type_ = inputs::type_named(node.text);
        if (!made.type_ || !node.is_scalar()) {
            std::vector<std::string> names = inputs::type_names();
            names.emplace_back("null");
            const auto guess = closest(node.text, names);
            error(node, fmt::format("{} is no type", workflow::quoted_text(node)),
                  guess ? fmt::format("did you mean '{}'?", *guess)
                        : fmt::format("one of {}", fmt::join(names, ", ")));
        }
        return made;
    }

    Expectation regex(const Node& node) {
        Expectation made = at(node, Form::Pattern);
        try {
            made.pattern_ = std::make_shared<const inputs::Pattern>(node.text);
        } catch (Error& failure) {
            failure.detail().where = node.span;
            diagnostics_.add(Severity::Error, failure);
        }
        return made;
    }

    Expectation range(const Node& node) {
        Expectation made = at(node, Form::Range);
        if (!read_limits(node, made)) {
            error(node, "$range is a list of two values", "write [1, 10], or [1, null]");
        }
        return made;
    }

    Expectation length(const Node& node) {
        Expectation made = at(node, Form::Length);
        if (node.kind == Node::Kind::Int) {
            made.minimum_ = made.maximum_ = value_of(node);
        } else if (!read_limits(node, made)) {
            error(node, "$length is a number, or a list of two", "write 3, [1, 10] or [1, null]");
        }
        return made;
    }

    Expectation equals(const Node& node) {
        if (!node.is_map()) return read(node, Match::Whole);
        return map(node, Match::Whole);
    }

    Expectation contains(const Node& node) {
        if (!node.is_scalar()) return read(node, Match::Part);
        Expectation made = at(node, Form::Substring);
        made.value_ = value_of(node);
        return made;
    }

    static bool read_limits(const Node& node, Expectation& made) {
        if (!node.is_list() || node.items.size() != 2) return false;
        const auto limit = [](const Node& item) {
            return item.is_null() ? std::nullopt : std::optional(value_of(item));
        };
        made.minimum_ = limit(node.items[0]);
        made.maximum_ = limit(node.items[1]);
        return made.minimum_ || made.maximum_;
    }

    void require_true(const Node& node, const char* name) {
        if (node.text == "true") return;
        error(node, fmt::format("{} takes nothing but true", name), fmt::format("{}: true", name));
    }

    void error(const Node& node, const std::string& message, std::string hint) {
        diagnostics_.error(ErrorCode::InvalidValue, message, node.span, std::move(hint));
    }

    Diagnostics& diagnostics_;
};

Expectation Expectation::read(const Node& node, Match match, Diagnostics& diagnostics) {
    return ExpectationReader(diagnostics).read(node, match);
}

Expectation Expectation::found(const Node& node) {
    Expectation made = found_ignoring_case(node);
    made.form_ = Form::Substring;
    return made;
}

Expectation Expectation::existence(const Node& node, bool exists) {
    Expectation made;
    made.form_ = exists ? Form::Present : Form::Absent;
    made.span_ = node.span;
    return made;
}

Expectation Expectation::found_ignoring_case(const Node& node) {
    Expectation made;
    made.form_ = Form::SubstringIgnoringCase;
    made.span_ = node.span;
    made.value_ = Value(node.text);
    return made;
}

}  // namespace kdeps::testing
