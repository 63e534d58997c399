#include <gtest/gtest.h>

#include "fake_scope.hpp"

namespace kdeps::test {
namespace {

struct ErrorCase {
    const char *name, *source, *message;
};
class ExprErrorTest : public testing::TestWithParam<ErrorCase> {};

TEST_P(ExprErrorTest, PointsAtTheMistake) {
    EXPECT_EQ(error_of(GetParam().source), GetParam().message);
}

std::string error_case_name(const testing::TestParamInfo<ErrorCase>& c) {
    return c.param.name;
}

constexpr ErrorCase kSyntax[] = {
    {"MissingOperand", "1 +",
     "<expression>:1:4: expected an operand [EXPRESSION_SYNTAX]\n"
     "  1 | 1 +\n"
     "    |    ^"},
    {"Empty", "", "<expression>:1:1: expected an operand [EXPRESSION_SYNTAX]"},
    {"TwoOperands", "a b",
     "<expression>:1:3: unexpected 'b' [EXPRESSION_SYNTAX]\n"
     "  1 | a b\n"
     "    |   ^"},
    {"Unclosed", "(1 + 2",
     "<expression>:1:7: expected ')' [EXPRESSION_SYNTAX]\n"
     "  1 | (1 + 2\n"
     "    |       ^"},
    {"UnclosedString", "x + 'abc",
     "<expression>:1:5: string is never closed [EXPRESSION_SYNTAX]\n"
     "  1 | x + 'abc\n"
     "    |     ^"},
    {"BadEscape", "'a\\d'",
     "<expression>:1:3: unknown escape '\\d' [EXPRESSION_SYNTAX]\n"
     "  1 | 'a\\d'\n"
     "    |   ^^\n"
     "  hint: use a `raw string` for text with backslashes"},
    {"HalfSurrogate", "'\\ud83d'",
     "<expression>:1:2: half of a surrogate pair [EXPRESSION_SYNTAX]\n"
     "  1 | '\\ud83d'\n"
     "    |  ^^^^^^"},
    {"NumberRunsIntoName", "24h",
     "<expression>:1:1: '24h' is neither a number nor a name [EXPRESSION_SYNTAX]\n"
     "  1 | 24h\n"
     "    | ^^^"},
    {"Assignment", "a = 1",
     "<expression>:1:3: unexpected '=' [EXPRESSION_SYNTAX]\n"
     "  1 | a = 1\n"
     "    |   ^\n"
     "  hint: use '==' to compare"},
    {"TripleEqual", "a === 1",
     "<expression>:1:3: unknown operator '===' [EXPRESSION_SYNTAX]\n"
     "  1 | a === 1\n"
     "    |   ^^^\n"
     "  hint: use '=='"},
    {"SingleAmpersand", "a & b",
     "<expression>:1:3: unexpected '&' [EXPRESSION_SYNTAX]\n"
     "  1 | a & b\n"
     "    |   ^\n"
     "  hint: use 'and' or '&&'"},
    {"StrayCharacter", "a @ b",
     "<expression>:1:3: unexpected '@' [EXPRESSION_SYNTAX]\n"
     "  1 | a @ b\n"
     "    |   ^"},
    {"Matches", "text matches '^a+$'",
     "<expression>:1:6: 'matches' is not supported [EXPRESSION_SYNTAX]\n"
     "  1 | text matches '^a+$'\n"
     "    |      ^^^^^^^\n"
     "  hint: use contains, startsWith, endsWith or in; the database can match patterns"},
    {"UnknownFunction", "upperr(text)",
     "<expression>:1:1: unknown function 'upperr' [EXPRESSION_SYNTAX]\n"
     "  1 | upperr(text)\n"
     "    | ^^^^^^\n"
     "  hint: did you mean 'upper'?"},
    {"LikeAForeignFunction", "lenght(x)",
     "<expression>:1:1: unknown function 'lenght' [EXPRESSION_SYNTAX]\n"
     "  1 | lenght(x)\n"
     "    | ^^^^^^\n"
     "  hint: use len(x)"},
    {"LongerThanAFunction", "jsonify(x)",
     "<expression>:1:1: unknown function 'jsonify' [EXPRESSION_SYNTAX]\n"
     "  1 | jsonify(x)\n"
     "    | ^^^^^^^\n"
     "  hint: did you mean 'json'?"},
    {"ForeignFunction", "typeof(text)",
     "<expression>:1:1: unknown function 'typeof' [EXPRESSION_SYNTAX]\n"
     "  1 | typeof(text)\n"
     "    | ^^^^^^\n"
     "  hint: use type(x)"},
    {"OperatorAsFunction", "contains(text, 'a')",
     "<expression>:1:1: unknown function 'contains' [EXPRESSION_SYNTAX]\n"
     "  1 | contains(text, 'a')\n"
     "    | ^^^^^^^^\n"
     "  hint: it is an operator: text contains part, or x in list"},
    {"FormatDate", "formatDate(day)",
     "<expression>:1:1: unknown function 'formatDate' [EXPRESSION_SYNTAX]\n"
     "  1 | formatDate(day)\n"
     "    | ^^^^^^^^^^\n"
     "  hint: format dates in SQL; info('now') gives the current time"},
    {"Now", "now()",
     "<expression>:1:1: unknown function 'now' [EXPRESSION_SYNTAX]\n"
     "  1 | now()\n"
     "    | ^^^\n"
     "  hint: use info('now')"},
    {"ForeignMethod", "text.toLowerCase()",
     "<expression>:1:6: unknown method 'toLowerCase' [EXPRESSION_SYNTAX]\n"
     "  1 | text.toLowerCase()\n"
     "    |      ^^^^^^^^^^^\n"
     "  hint: use lower(x)"},
    {"MethodIncludes", "nums.includes(2)",
     "<expression>:1:6: unknown method 'includes' [EXPRESSION_SYNTAX]\n"
     "  1 | nums.includes(2)\n"
     "    |      ^^^^^^^^\n"
     "  hint: use text contains part, or x in list"},
    {"MethodThatIsAFunction", "text.trim()",
     "<expression>:1:6: unknown method 'trim' [EXPRESSION_SYNTAX]\n"
     "  1 | text.trim()\n"
     "    |      ^^^^\n"
     "  hint: use trim(text, letters)"},
    {"UnknownRequestMethod", "request.paramz('a')",
     "<expression>:1:1: unknown function 'request.paramz' [EXPRESSION_SYNTAX]\n"
     "  1 | request.paramz('a')\n"
     "    | ^^^^^^^^^^^^^^\n"
     "  hint: did you mean 'request.params'?"},
    {"TooManyArguments", "upper('a', 'b')",
     "<expression>:1:1: wrong number of arguments for upper(): 2 [EXPRESSION_SYNTAX]\n"
     "  1 | upper('a', 'b')\n"
     "    | ^^^^^\n"
     "  hint: it is called upper(text)"},
    {"TooFewArguments", "split('a')",
     "<expression>:1:1: wrong number of arguments for split(): 1 [EXPRESSION_SYNTAX]\n"
     "  1 | split('a')\n"
     "    | ^^^^^\n"
     "  hint: it is called split(text, separator, most)"},
    {"ElementOutside", "# + 1",
     "<expression>:1:1: '#' is only known inside a predicate [EXPRESSION_SYNTAX]\n"
     "  1 | # + 1\n"
     "    | ^\n"
     "  hint: for example filter(list, .price > 10) or map(list, # * 2)"},
    {"FieldOutside", ".age > 3",
     "<expression>:1:1: '.' is only known inside a predicate [EXPRESSION_SYNTAX]\n"
     "  1 | .age > 3\n"
     "    | ^\n"
     "  hint: for example filter(list, .price > 10) or map(list, # * 2)"},
    {"UnknownPointer", "map(nums, #item)",
     "<expression>:1:11: unknown '#item' [EXPRESSION_SYNTAX]\n"
     "  1 | map(nums, #item)\n"
     "    |           ^^^^^\n"
     "  hint: inside a predicate '#' is the element and '#index' its index"},
    {"ChoicesNotConstant", "oneOf(text, [text])",
     "<expression>:1:13: argument 2 of oneOf() must be a list of strings, written out "
     "[EXPRESSION_SYNTAX]\n"
     "  1 | oneOf(text, [text])\n"
     "    |             ^^^^^^\n"
     "  hint: for example oneOf(get('order'), ['name', 'price'])"},
    {"ChoicesNotStrings", "ident(text, [1])",
     "<expression>:1:13: argument 2 of ident() must be a list of strings, written out "
     "[EXPRESSION_SYNTAX]\n"
     "  1 | ident(text, [1])\n"
     "    |             ^^^\n"
     "  hint: for example ident(get('order'), ['name', 'price'])"},
    {"ChoicesEmpty", "ident(text, [])",
     "<expression>:1:13: argument 2 of ident() must be a list of strings, written out "
     "[EXPRESSION_SYNTAX]\n"
     "  1 | ident(text, [])\n"
     "    |             ^^\n"
     "  hint: for example ident(get('order'), ['name', 'price'])"},
    {"LetWithoutBody", "let x = 1",
     "<expression>:1:10: expected ';' [EXPRESSION_SYNTAX]\n"
     "  1 | let x = 1\n"
     "    |          ^"},
    {"TernaryWithoutElse", "a ? 1",
     "<expression>:1:6: expected ':' [EXPRESSION_SYNTAX]\n"
     "  1 | a ? 1\n"
     "    |      ^"},
    {"SecondLine", "1 +\n  * 2",
     "<expression>:2:3: expected an operand [EXPRESSION_SYNTAX]\n"
     "  2 |   * 2\n"
     "    |   ^"},
};
INSTANTIATE_TEST_SUITE_P(Syntax, ExprErrorTest, testing::ValuesIn(kSyntax), error_case_name);

constexpr ErrorCase kEvaluation[] = {
    {"UnknownName", "1 + nope",
     "<expression>:1:5: unknown name 'nope' [EXPRESSION_FAILED]\n"
     "  1 | 1 + nope\n"
     "    |     ^^^^\n"
     "  hint: text needs quotes, 'nope'; get('nope') reads a value"},
    {"HyphenatedName", "user-data",
     "<expression>:1:6: unknown name 'data' [EXPRESSION_FAILED]\n"
     "  1 | user-data\n"
     "    |      ^^^^\n"
     "  hint: a name with a hyphen is read with get('...')"},
    {"MemberOfNil", "user.address.city",
     "<expression>:1:14: nil has no member 'city' [EXPRESSION_FAILED]\n"
     "  1 | user.address.city\n"
     "    |              ^^^^\n"
     "  hint: write ?.city where the value may be nil"},
    {"IndexOfNil", "user.address['city']",
     "<expression>:1:14: nil has no elements [EXPRESSION_FAILED]\n"
     "  1 | user.address['city']\n"
     "    |              ^^^^^^\n"
     "  hint: write ?.[...] where the value may be nil"},
    {"MemberOfList", "people.name",
     "<expression>:1:8: table has no member 'name' [EXPRESSION_FAILED]\n"
     "  1 | people.name\n"
     "    |        ^^^^\n"
     "  hint: take one element, x[0].name, or all, map(x, .name)"},
    {"LengthOfList", "nums.length",
     "<expression>:1:6: list has no member 'length' [EXPRESSION_FAILED]\n"
     "  1 | nums.length\n"
     "    |      ^^^^^^\n"
     "  hint: use len(x)"},
    {"LengthOfText", "text.length + 1",
     "<expression>:1:6: string has no member 'length' [EXPRESSION_FAILED]\n"
     "  1 | text.length + 1\n"
     "    |      ^^^^^^\n"
     "  hint: use len(x)"},
    {"IndexOutOfRange", "nums[3]",
     "<expression>:1:6: index 3 is out of range, there are 3 elements [EXPRESSION_FAILED]\n"
     "  1 | nums[3]\n"
     "    |      ^"},
    {"IndexNotInt", "nums['a']",
     "<expression>:1:6: an index must be an int, not string [EXPRESSION_FAILED]\n"
     "  1 | nums['a']\n"
     "    |      ^^^"},
    {"KeyNotText", "user[0]",
     "<expression>:1:6: a member is named by a string, not int [EXPRESSION_FAILED]\n"
     "  1 | user[0]\n"
     "    |      ^"},
    {"SliceNotInt", "nums['a':]",
     "<expression>:1:6: a slice needs ints, not string [EXPRESSION_FAILED]\n"
     "  1 | nums['a':]\n"
     "    |      ^^^^"},
    {"DivisionByZero", "1 + 2 / 0",
     "<expression>:1:7: division by zero [EXPRESSION_FAILED]\n"
     "  1 | 1 + 2 / 0\n"
     "    |       ^"},
    {"RemainderByZero", "1 % 0",
     "<expression>:1:3: division by zero [EXPRESSION_FAILED]\n"
     "  1 | 1 % 0\n"
     "    |   ^"},
    {"RemainderOfFraction", "1.5 % 2",
     "<expression>:1:5: '%' needs integral numbers [EXPRESSION_FAILED]\n"
     "  1 | 1.5 % 2\n"
     "    |     ^\n"
     "  hint: round(x), floor(x) and int(x) give integers"},
    {"TextTimesNumber", "'5' * 2",
     "<expression>:1:5: '*' cannot be used with string and int [EXPRESSION_FAILED]\n"
     "  1 | '5' * 2\n"
     "    |     ^\n"
     "  hint: int(x), float(x) and decimal(x) turn text into a number"},
    {"NilPlusNumber", "user.address + 1",
     "<expression>:1:14: '+' cannot be used with nil and int [EXPRESSION_FAILED]\n"
     "  1 | user.address + 1\n"
     "    |              ^\n"
     "  hint: a value that may be nil can have a default: default(x, 0)"},
    {"TextPlusList", "'a' + nums",
     "<expression>:1:5: '+' cannot be used with string and list [EXPRESSION_FAILED]\n"
     "  1 | 'a' + nums\n"
     "    |     ^\n"
     "  hint: str(x) gives the text of any value"},
    {"NegateText", "-text",
     "<expression>:1:1: '-' cannot be used with string [EXPRESSION_FAILED]\n"
     "  1 | -text\n"
     "    | ^"},
    {"CompareTextWithNumber", "'5' > 2",
     "<expression>:1:5: cannot compare string with int [EXPRESSION_FAILED]\n"
     "  1 | '5' > 2\n"
     "    |     ^\n"
     "  hint: int(x), float(x) and decimal(x) turn text into a number"},
    {"CompareNil", "user.address < 2",
     "<expression>:1:14: cannot compare nil with int [EXPRESSION_FAILED]\n"
     "  1 | user.address < 2\n"
     "    |              ^\n"
     "  hint: a value that may be nil can have a default: default(x, 0)"},
    {"ContainsInList", "nums contains 1",
     "<expression>:1:6: 'contains' looks into text, not into a list [EXPRESSION_FAILED]\n"
     "  1 | nums contains 1\n"
     "    |      ^^^^^^^^\n"
     "  hint: write x in list"},
    {"WrongArgument", "upper(text + 'x', nums)",
     "<expression>:1:1: wrong number of arguments for upper(): 2 [EXPRESSION_SYNTAX]\n"
     "  1 | upper(text + 'x', nums)\n"
     "    | ^^^^^\n"
     "  hint: it is called upper(text)"},
    {"ArgumentNotText", "upper(nums)",
     "<expression>:1:7: argument 1 of upper() must be text, not list [EXPRESSION_FAILED]\n"
     "  1 | upper(nums)\n"
     "    |       ^^^^\n"
     "  hint: str(x) gives the text of any value"},
    {"SecondArgument", "split('a', 1)",
     "<expression>:1:12: argument 2 of split() must be text, not int [EXPRESSION_FAILED]\n"
     "  1 | split('a', 1)\n"
     "    |            ^\n"
     "  hint: str(x) gives the text of any value"},
    {"ArgumentBehindPredicate", "sortBy(items, .n, 'down')",
     "<expression>:1:19: argument 3 of sortBy() must be 'asc' or 'desc' [EXPRESSION_FAILED]\n"
     "  1 | sortBy(items, .n, 'down')\n"
     "    |                   ^^^^^^"},
    {"ListIsNil", "filter(user.address, true)",
     "<expression>:1:8: argument 1 of filter() must be a list, not nil [EXPRESSION_FAILED]\n"
     "  1 | filter(user.address, true)\n"
     "    |        ^^^^^^^^^^^^\n"
     "  hint: a value that may be nil can have a default: default(x, [])"},
    {"LenOfNumber", "len(5)",
     "<expression>:1:5: argument 1 of len() must be text, a list or an object, not int "
     "[EXPRESSION_FAILED]\n"
     "  1 | len(5)\n"
     "    |     ^"},
    {"NumberAsText", "round('2.5')",
     "<expression>:1:7: argument 1 of round() must be a number, not string [EXPRESSION_FAILED]\n"
     "  1 | round('2.5')\n"
     "    |       ^^^^^\n"
     "  hint: int(x), float(x) and decimal(x) turn text into a number"},
    {"IntOfWord", "int('x')",
     "<expression>:1:5: argument 1 of int() must be a number or the text of one "
     "[EXPRESSION_FAILED]\n"
     "  1 | int('x')\n"
     "    |     ^^^"},
    {"SortMixed", "sort([1, 'a'])",
     "<expression>:1:1: cannot compare string with int [EXPRESSION_FAILED]\n"
     "  1 | sort([1, 'a'])\n"
     "    | ^^^^\n"
     "  hint: int(x), float(x) and decimal(x) turn text into a number"},
    {"SumOfTexts", "sum(['a'])",
     "<expression>:1:5: argument 1 of sum() must be a list of numbers [EXPRESSION_FAILED]\n"
     "  1 | sum(['a'])\n"
     "    |     ^^^^^"},
    {"InsidePredicate", "map(items, .n / 0)",
     "<expression>:1:15: division by zero [EXPRESSION_FAILED]\n"
     "  1 | map(items, .n / 0)\n"
     "    |               ^"},
    {"RangeOfText", "1..'a'",
     "<expression>:1:2: '..' cannot be used with int and string [EXPRESSION_FAILED]\n"
     "  1 | 1..'a'\n"
     "    |  ^^\n"
     "  hint: int(x), float(x) and decimal(x) turn text into a number"},
    {"NotOneOf", "oneOf('x', ['a', 'b'])",
     "<expression>:1:1: 'x' is not one of 'a', 'b' [BAD_REQUEST]\n"
     "  1 | oneOf('x', ['a', 'b'])\n"
     "    | ^^^^^"},
    {"ScopeErrorGetsAPlace", "1 + get(5)",
     "<expression>:1:5: get() needs a name [EXPRESSION_FAILED]\n"
     "  1 | 1 + get(5)\n"
     "    |     ^^^"},
    {"ScopeErrorPassesThrough", "1 + get('gone')", "the client is gone [CANCELLED]"},
    {"PowerTooLarge", "10 ** 100000",
     "<expression>:1:4: power is too large [EXPRESSION_FAILED]\n"
     "  1 | 10 ** 100000\n"
     "    |    ^^\n"
     "  hint: exponents reach from -1000 to 1000, a base has at most 100 digits"},
    {"PowerOfALongBase", "(10 ** 1000) ** 2",
     "<expression>:1:14: power is too large [EXPRESSION_FAILED]\n"
     "  1 | (10 ** 1000) ** 2\n"
     "    |              ^^\n"
     "  hint: exponents reach from -1000 to 1000, a base has at most 100 digits"},
};
INSTANTIATE_TEST_SUITE_P(Evaluation, ExprErrorTest, testing::ValuesIn(kEvaluation),
                         error_case_name);

TEST(ExprError, NamesTheFileItStandsIn) {
    try {
        (void)parsed("1 +", {.file = "resources/a.yaml", .line = 7, .column = 12});
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(render(error), "resources/a.yaml:7:15: expected an operand [EXPRESSION_SYNTAX]");
    }
}

}  // namespace
}  // namespace kdeps::test
