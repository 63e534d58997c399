// What users read when a resource is wrong, in full.

#include <gtest/gtest.h>

#include "loading.hpp"

namespace kdeps::workflow::test {
namespace {

class ResourceErrorTest : public testing::TestWithParam<ErrorCase> {};

TEST_P(ResourceErrorTest, PointsAtTheMistake) {
    EXPECT_EQ(report_of_resources(GetParam().text), GetParam().report);
}

constexpr ErrorCase kResources[] = {
    {"UnknownRequirement",
     "metadata: {actionId: a, requires: [analytcs, b]}\n"
     "run: {apiResponse: {response: 1}}\n"
     "---\n"
     "actionId: analytics\n"
     "sql: {query: SELECT 1}\n"
     "---\n"
     "actionId: b\n"
     "sql: {query: SELECT 1}\n",
     "resources/r.yaml:1:36: unknown resource 'analytcs' [UNKNOWN_RESOURCE]\n"
     "  1 | metadata: {actionId: a, requires: [analytcs, b]}\n"
     "    |                                    ^^^^^^^^\n"
     "  hint: did you mean 'analytics'?"},
    {"DuplicateActionId",
     "actionId: a\n"
     "expr: [x]\n"
     "---\n"
     "actionId: a\n"
     "expr: [x]\n",
     "resources/r.yaml:4:11: duplicate actionId 'a', first at resources/r.yaml:1:11 "
     "[DUPLICATE_RESOURCE]\n"
     "  4 | actionId: a\n"
     "    |           ^\n"
     "  hint: give one of them another actionId"},
    {"Cycle",
     "actionId: a\n"
     "requires: [b]\n"
     "expr: [x]\n"
     "---\n"
     "actionId: b\n"
     "requires:\n"
     "  - c\n"
     "expr: [x]\n"
     "---\n"
     "actionId: c\n"
     "requires: [x, a]\n"
     "expr: [x]\n"
     "---\n"
     "actionId: x\n"
     "expr: [x]\n",
     "resources/r.yaml:11:15: dependency cycle: a -> b -> c -> a [DEPENDENCY_CYCLE]\n"
     "  11 | requires: [x, a]\n"
     "     |               ^\n"
     "  hint: remove one of these requirements"},
    {"TwoCycles",
     "actionId: a\n"
     "requires: a\n"
     "expr: [x]\n"
     "---\n"
     "actionId: b\n"
     "requires: c\n"
     "expr: [x]\n"
     "---\n"
     "actionId: c\n"
     "requires: b\n"
     "expr: [x]\n",
     "resources/r.yaml:2:11: dependency cycle: a -> a [DEPENDENCY_CYCLE]\n"
     "  2 | requires: a\n"
     "    |           ^\n"
     "  hint: remove one of these requirements\n"
     "\n"
     "resources/r.yaml:10:11: dependency cycle: b -> c -> b [DEPENDENCY_CYCLE]\n"
     "  10 | requires: b\n"
     "     |           ^\n"
     "  hint: remove one of these requirements"},
    {"UnknownTarget",
     "actionId: b\n"
     "expr: [x]\n",
     "workflow.yaml:1:40: unknown target 'a' [UNKNOWN_TARGET]\n"
     "  1 | metadata: {name: test, targetActionId: a}\n"
     "    |                                        ^\n"
     "  hint: known: b"},
    {"MissingActionId",
     "metadata:\n"
     "  name: x\n"
     "run:\n"
     "  expr: [x]\n",
     "resources/r.yaml:1:1: missing 'actionId' in metadata of a resource [MISSING_FIELD]\n"
     "  1 | metadata:\n"
     "    | ^^^^^^^^\n"
     "  hint: actionId: its name for `requires`, `get()` and targetActionId, unique in the "
     "workflow"},
    {"EmptyMetadata",
     "metadata:\n"
     "run:\n"
     "  expr: [x]\n",
     "resources/r.yaml:1:1: missing 'actionId' in metadata of a resource [MISSING_FIELD]\n"
     "  1 | metadata:\n"
     "    | ^^^^^^^^\n"
     "  hint: write 'actionId: ...' under 'metadata:'"},
    {"FlatWithoutActionId", "sql: {query: SELECT 1}\n",
     "resources/r.yaml:1:1: missing 'actionId' in the resource [MISSING_FIELD]\n"
     "  1 | sql: {query: SELECT 1}\n"
     "    | ^^^\n"
     "  hint: actionId: its name for `requires`, `get()` and targetActionId, unique in the "
     "workflow"},
    {"DoesNothing", "actionId: a\n",
     "resources/r.yaml:1:11: resource 'a' does nothing [MISSING_FIELD]\n"
     "  1 | actionId: a\n"
     "    |           ^\n"
     "  hint: give it one of: sql, python, apiResponse, expr"},
    {"EmptyAction",
     "actionId: a\n"
     "sql:\n",
     "resources/r.yaml:2:1: 'sql' is empty [MISSING_FIELD]\n"
     "  2 | sql:\n"
     "    | ^^^\n"
     "  hint: indent its settings below it"},
    {"ActionIsNoMap",
     "actionId: a\n"
     "sql: SELECT 1\n",
     "resources/r.yaml:2:6: 'sql' in the resource must be a map, not a text [INVALID_VALUE]\n"
     "  2 | sql: SELECT 1\n"
     "    |      ^^^^^^^^"},
    {"TwoActions",
     "actionId: a\n"
     "run:\n"
     "  sql: {query: SELECT 1}\n"
     "  python: {script: return 1}\n",
     "resources/r.yaml:4:3: resource 'a' has two actions: sql and python [INVALID_VALUE]\n"
     "  4 |   python: {script: return 1}\n"
     "    |   ^^^^^^\n"
     "  hint: make two resources of it, one requiring the other"},
    {"Chat",
     "metadata: {actionId: a}\n"
     "run:\n"
     "  chat:\n"
     "    model: m\n",
     "resources/r.yaml:3:3: 'chat' in run is not supported [NOT_SUPPORTED]\n"
     "  3 |   chat:\n"
     "    |   ^^^^\n"
     "  hint: use one of the supported kinds, see docs/reference/workflow-yaml.md"},
    {"HttpClientInFlatShape",
     "actionId: a\n"
     "httpClient: {url: http://x}\n",
     "resources/r.yaml:2:1: 'httpClient' in the resource is not supported [NOT_SUPPORTED]\n"
     "  2 | httpClient: {url: http://x}\n"
     "    | ^^^^^^^^^^\n"
     "  hint: use one of the supported kinds, see docs/reference/workflow-yaml.md"},
    {"Items",
     "metadata: {actionId: a}\n"
     "items: [1]\n"
     "run:\n"
     "  expr: [x]\n",
     "resources/r.yaml:2:1: 'items' in the resource is not supported [NOT_SUPPORTED]\n"
     "  2 | items: [1]\n"
     "    | ^^^^^\n"
     "  hint: loop in a python resource, or use paramsBatch in sql"},
    {"Loop",
     "actionId: a\n"
     "expr: [x]\n"
     "loop: {while: x}\n",
     "resources/r.yaml:3:1: 'loop' in the resource is not supported [NOT_SUPPORTED]\n"
     "  3 | loop: {while: x}\n"
     "    | ^^^^\n"
     "  hint: loop in a python resource"},
    {"RequiresBesideRun",
     "metadata: {actionId: a}\n"
     "requires: [b]\n"
     "run:\n"
     "  expr: [x]\n",
     "resources/r.yaml:2:1: 'requires' stands on the wrong level [INVALID_VALUE]\n"
     "  2 | requires: [b]\n"
     "    | ^^^^^^^^\n"
     "  hint: move it under 'metadata'"},
    {"ActionBesideRun",
     "metadata: {actionId: a}\n"
     "run:\n"
     "  expr: [x]\n"
     "sql: {query: SELECT 1}\n",
     "resources/r.yaml:4:1: 'sql' stands on the wrong level [INVALID_VALUE]\n"
     "  4 | sql: {query: SELECT 1}\n"
     "    | ^^^\n"
     "  hint: move it under 'run'"},
    {"UnknownKey",
     "actionId: a\n"
     "apiRespnse: {response: 1}\n"
     "expr: [x]\n",
     "warning: resources/r.yaml:2:1: unknown key 'apiRespnse' in the resource [UNKNOWN_KEY]\n"
     "  2 | apiRespnse: {response: 1}\n"
     "    | ^^^^^^^^^^\n"
     "  hint: did you mean 'apiResponse'?"},
    {"UnknownKeyInSql",
     "actionId: a\n"
     "sql: {qeury: SELECT 1}\n",
     "warning: resources/r.yaml:2:7: unknown key 'qeury' in sql [UNKNOWN_KEY]\n"
     "  2 | sql: {qeury: SELECT 1}\n"
     "    |       ^^^^^\n"
     "  hint: did you mean 'query'?"},
    {"OldSpellings",
     "actionId: a\n"
     "expr: [x]\n"
     "skipCondition: [x]\n"
     "validations: {preflightCheck: [x]}\n",
     "warning: resources/r.yaml:3:1: 'skipCondition' in the resource has no effect "
     "[NOT_SUPPORTED]\n"
     "  3 | skipCondition: [x]\n"
     "    | ^^^^^^^^^^^^^\n"
     "  hint: write 'skip' in 'validations'\n"
     "\n"
     "warning: resources/r.yaml:4:15: 'preflightCheck' in validations has no effect "
     "[NOT_SUPPORTED]\n"
     "  4 | validations: {preflightCheck: [x]}\n"
     "    |               ^^^^^^^^^^^^^^\n"
     "  hint: write 'check'"},
    {"MisshapenDeclarations",
     "actionId: a\n"
     "expr: [x]\n"
     "validations: {rules: [{type: date}], headers: [[a]], params: {n: 5}}\n",
     "resources/r.yaml:3:23: missing 'field' in validations.rules [MISSING_FIELD]\n"
     "  3 | validations: {rules: [{type: date}], headers: [[a]], params: {n: 5}}\n"
     "    |                       ^\n"
     "  hint: field: the name of the input; the other keys are those of `fields`\n"
     "\n"
     "resources/r.yaml:3:48: an item of 'headers' in validations must be a text, not a list "
     "[INVALID_VALUE]\n"
     "  3 | validations: {rules: [{type: date}], headers: [[a]], params: {n: 5}}\n"
     "    |                                                ^\n"
     "\n"
     "resources/r.yaml:3:66: 'n' in params of validations must be a map, not '5' "
     "[INVALID_VALUE]\n"
     "  3 | validations: {rules: [{type: date}], headers: [[a]], params: {n: 5}}\n"
     "    |                                                                  ^"},
    {"ValidationErrorCode",
     "actionId: a\n"
     "expr: [x]\n"
     "validations:\n"
     "  check: [x]\n"
     "  error: {code: many, message: no}\n",
     "resources/r.yaml:5:17: 'code' in validations.error must be a whole number, not 'many' "
     "[INVALID_VALUE]\n"
     "  5 |   error: {code: many, message: no}\n"
     "    |                 ^^^^"},
    {"OnErrorAction",
     "actionId: a\n"
     "expr: [x]\n"
     "onError: {action: retrry, maxRetries: 11, retryDelay: 5}\n",
     "resources/r.yaml:3:19: 'action' in onError must be one of fail, continue, retry, not "
     "'retrry' [INVALID_VALUE]\n"
     "  3 | onError: {action: retrry, maxRetries: 11, retryDelay: 5}\n"
     "    |                   ^^^^^^\n"
     "  hint: did you mean 'retry'?\n"
     "\n"
     "resources/r.yaml:3:39: 'maxRetries' in onError must be between 1 and 10, not '11' "
     "[INVALID_VALUE]\n"
     "  3 | onError: {action: retrry, maxRetries: 11, retryDelay: 5}\n"
     "    |                                       ^^\n"
     "\n"
     "resources/r.yaml:3:55: 'retryDelay' in onError must be a duration, not '5' [INVALID_VALUE]\n"
     "  3 | onError: {action: retrry, maxRetries: 11, retryDelay: 5}\n"
     "    |                                                       ^\n"
     "  hint: durations have a unit: 300ms, 30s, 5m, 1h30m"},
    {"StatusCode",
     "actionId: a\n"
     "apiResponse: {statusCode: 99}\n",
     "resources/r.yaml:2:27: 'statusCode' in apiResponse must be between 200 and 599, not '99' "
     "[INVALID_VALUE]\n"
     "  2 | apiResponse: {statusCode: 99}\n"
     "    |                           ^^"},
    {"Success",
     "actionId: a\n"
     "apiResponse: {success: 7}\n",
     "resources/r.yaml:2:24: 'success' in apiResponse must be true or false, not '7' "
     "[INVALID_VALUE]\n"
     "  2 | apiResponse: {success: 7}\n"
     "    |                        ^"},
    {"UnknownApiVersion",
     "apiVersion: kdeps.io/v7\n"
     "actionId: a\n"
     "expr: [x]\n",
     "warning: resources/r.yaml:1:13: unknown apiVersion 'kdeps.io/v7' [INVALID_VALUE]\n"
     "  1 | apiVersion: kdeps.io/v7\n"
     "    |             ^^^^^^^^^^^\n"
     "  hint: this program reads kdeps.io/v1"},
    {"OtherKind",
     "kind: Workflows\n"
     "actionId: a\n"
     "expr: [x]\n",
     "resources/r.yaml:1:7: kind must be 'Resource' here, not 'Workflows' [INVALID_VALUE]\n"
     "  1 | kind: Workflows\n"
     "    |       ^^^^^^^^^"},
    {"SecondWorkflow",
     "kind: Workflow\n"
     "metadata: {name: x}\n"
     "---\n"
     "actionId: a\n"
     "expr: [x]\n",
     "resources/r.yaml:1:7: a second workflow [INVALID_VALUE]\n"
     "  1 | kind: Workflow\n"
     "    |       ^^^^^^^^\n"
     "  hint: the workflow is in workflow.yaml"},
    {"NoMap", "- a\n",
     "resources/r.yaml:1:1: a resource must be a map, not a list [INVALID_VALUE]\n"
     "  1 | - a\n"
     "    | ^\n"
     "  hint: begin with 'metadata:' or 'actionId:'"},
    {"JinjaStatement",
     "actionId: a\n"
     "{% if x %}\n"
     "expr: [x]\n",
     "resources/r.yaml:2:1: Jinja templates are not supported [NOT_SUPPORTED]\n"
     "  2 | {% if x %}\n"
     "    | ^^\n"
     "  hint: write plain YAML; '{{ }}' in values is evaluated"},
    {"JinjaComment",
     "actionId: a {# note #}\n"
     "expr: [x]\n",
     "resources/r.yaml:1:13: Jinja templates are not supported [NOT_SUPPORTED]\n"
     "  1 | actionId: a {# note #}\n"
     "    |             ^^\n"
     "  hint: write plain YAML; '{{ }}' in values is evaluated"},
    {"SyntaxErrorHidesNoOtherFile",
     "actionId: a\n"
     "requires: [b\n",
     "resources/r.yaml:2:11: '[' is not closed [YAML_SYNTAX]\n"
     "  2 | requires: [b\n"
     "    |           ^\n"
     "  hint: close it with ']'"},
    {"EmptyFile", "# nothing\n",
     "warning: resources/r.yaml:1:1: the file is empty [MISSING_FIELD]\n"
     "  1 | # nothing\n"
     "    | ^\n"
     "  hint: remove it, or write a resource into it\n"
     "\n"
     "workflow.yaml:1:40: unknown target 'a' [UNKNOWN_TARGET]\n"
     "  1 | metadata: {name: test, targetActionId: a}\n"
     "    |                                        ^\n"
     "  hint: there are no resources: put them into resources/*.yaml beside the workflow"},
    {"Timeout",
     "actionId: a\n"
     "expr: [x]\n"
     "timeout: 30\n",
     "resources/r.yaml:3:10: 'timeout' in the resource must be a duration, not '30' "
     "[INVALID_VALUE]\n"
     "  3 | timeout: 30\n"
     "    |          ^^\n"
     "  hint: durations have a unit: 300ms, 30s, 5m, 1h30m"},
    {"NullId",
     "actionId:\n"
     "expr: [x]\n",
     "resources/r.yaml:1:1: missing 'actionId' in the resource [MISSING_FIELD]\n"
     "  1 | actionId:\n"
     "    | ^^^^^^^^\n"
     "  hint: actionId: its name for `requires`, `get()` and targetActionId, unique in the "
     "workflow"},
    {"UnquotedSlot",
     "actionId: a\n"
     "apiResponse:\n"
     "  response: {{ get('x') }}\n",
     "resources/r.yaml:3:13: '{{ }}' without quotes is a map in YAML: quote the value "
     "[YAML_SYNTAX]\n"
     "  3 |   response: {{ get('x') }}\n"
     "    |             ^^^^^^^^^^^^^^\n"
     "  hint: write: response: \"{{ get('x') }}\""},
};
INSTANTIATE_TEST_SUITE_P(Cases, ResourceErrorTest, testing::ValuesIn(kResources), name_of);

}  // namespace
}  // namespace kdeps::workflow::test
