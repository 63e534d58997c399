// The keys of a declared input. Each table feeds the checks, the hints and
// docs/reference/workflow-yaml.md.

#include "kdeps/inputs/rule.hpp"

#include "schemas.hpp"

namespace kdeps::workflow {
namespace {

FieldSpec size_field(const char* name, const char* help) {
    return {.name = name, .type = FieldType::Integer, .help = help, .minimum = 0};
}

/// `self` is the schema that these become the fields of: a rule may hold rules.
std::vector<FieldSpec> rule_fields(const KindSchema& self) {
    return {
        {.name = "type",
         .type = FieldType::Choice,
         .help = "what it is, and what it is converted to",
         .default_text = "what the other keys say, else anything",
         .choices = inputs::type_names()},
        {.name = "required",
         .type = FieldType::Boolean,
         .help = "whether it must be there and not be empty",
         .default_text = "false"},
        {.name = "default", .type = FieldType::Any, .help = "what it is when nobody sends it"},
        {.name = "enum", .type = FieldType::Any, .help = "a list of all that it may be"},
        {.name = "minimum",
         .type = FieldType::Any,
         .help = "the least number, date or time that is taken"},
        {.name = "maximum", .type = FieldType::Any, .help = "the greatest one"},
        {.name = "min", .type = FieldType::Any, .help = "`minimum`, unless that is given"},
        {.name = "max", .type = FieldType::Any, .help = "`maximum`, unless that is given"},
        size_field("minLength", "the fewest characters of a text"),
        size_field("maxLength", "the most characters of a text"),
        {.name = "pattern",
         .type = FieldType::Text,
         .help = "a regular expression (RE2) that a text must hold; `^` and `$` are its ends"},
        size_field("minItems", "the fewest elements of an array"),
        size_field("maxItems", "the most elements of an array"),
        {.name = "items",
         .type = FieldType::Map,
         .help = "what each element of an array is, with these same keys",
         .nested = &self},
        {.name = "properties",
         .type = FieldType::NamedMaps,
         .help = "what the members of an object are, with these same keys",
         .nested = &self},
        {.name = "additional",
         .type = FieldType::Boolean,
         .help = "whether an object may have members besides `properties`",
         .default_text = "true",
         .aliases = {"additionalProperties"}},
        {.name = "message",
         .type = FieldType::Text,
         .help = "what the client is told instead of our own words"},
    };
}

}  // namespace

const KindSchema& rule_schema() {
    static const KindSchema schema{"a declared input", "what one input has to be",
                                   rule_fields(schema)};
    return schema;
}

const KindSchema& field_rule_schema() {
    static const KindSchema schema = [] {
        KindSchema rule{"validations.rules", "what one input has to be", {}};
        rule.fields.push_back({.name = "field",
                               .type = FieldType::Text,
                               .help = "the name of the input; the other keys are those of "
                                       "`fields`",
                               .required = true});
        const std::vector<FieldSpec>& more = rule_schema().fields;
        rule.fields.insert(rule.fields.end(), more.begin(), more.end());
        return rule;
    }();
    return schema;
}

const KindSchema& expression_rule_schema() {
    static const KindSchema schema{
        "validations.expr",
        "a condition on several inputs",
        {
            {.name = "expr",
             .type = FieldType::Expression,
             .help = "an expression that must be true; it sees the converted inputs",
             .required = true},
            {.name = "message",
             .type = FieldType::Template,
             .help = "what the client is told when it is not",
             .default_text = "a rule of the inputs does not hold"},
        }};
    return schema;
}

}  // namespace kdeps::workflow
