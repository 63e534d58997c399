#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/base/source.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/inputs/pattern.hpp"
#include "kdeps/inputs/rule.hpp"
#include "kdeps/workflow/node.hpp"

namespace kdeps::testing {

/// One difference between what a test expects and what came.
struct Mismatch {
    SourceSpan where;     ///< Of what is expected.
    std::string path;     ///< Of what came: `$.data.orders[0].id`, `status`, `header 'X-Y'`.
    std::string message;  ///< "expected 3, found 2"
};
using Mismatches = std::vector<Mismatch>;

/// How much of a map or list must be told.
enum class Match {
    Whole,  ///< A map has these members and no others, a list these elements in this order.
    Part,   ///< A map has at least these members; each of these elements is in the list somewhere.
};

/// What a value has to be: values as they are written, with matchers among them. A matcher is a map
/// whose keys begin with `$`: docs/reference/tests.md has them all.
///
/// Threads: immutable.
class Expectation {
 public:
    /// Reads what an author wrote; mistakes go to `diagnostics`, and the expectation is not used.
    static Expectation read(const workflow::Node& node, Match match, Diagnostics& diagnostics);
    /// What contains the text of `node`, a scalar.
    static Expectation found(const workflow::Node& node);
    static Expectation found_ignoring_case(const workflow::Node& node);
    /// That there is something, or nothing.
    static Expectation existence(const workflow::Node& node, bool exists);

    /// Adds every difference, with paths that begin with `path`. Null: there is no value.
    void check(const Value* actual, const std::string& path, Mismatches& found) const;
    [[nodiscard]] bool holds(const Value* actual) const;
    /// "3", "a value of type integer", for messages.
    [[nodiscard]] std::string description() const;
    [[nodiscard]] const SourceSpan& span() const { return span_; }

 private:
    friend class ExpectationReader;
    enum class Form {
        Literal,    ///< value_
        List,       ///< items_
        Map,        ///< names_ and items_
        All,        ///< items_, each about the whole value
        Present,    ///< anything
        Absent,     ///< nothing
        Type,       ///< type_, or null without one
        Pattern,    ///< pattern_
        Range,      ///< minimum_ to maximum_
        Length,     ///< the same about the size
        Substring,  ///< value_
        SubstringIgnoringCase,
    };

    void check_list(const Value& actual, const std::string& path, Mismatches& found) const;
    void check_map(const Value& actual, const std::string& path, Mismatches& found) const;
    [[nodiscard]] bool is_met_by(const Value& actual) const;
    [[nodiscard]] bool is_in_range(const Value& value) const;

    Form form_ = Form::Present;
    Match match_ = Match::Whole;
    SourceSpan span_;
    Value value_;
    std::vector<std::string> names_;
    std::vector<Expectation> items_;
    std::optional<inputs::Type> type_;
    std::shared_ptr<const inputs::Pattern> pattern_;
    std::optional<Value> minimum_;
    std::optional<Value> maximum_;
};

}  // namespace kdeps::testing
