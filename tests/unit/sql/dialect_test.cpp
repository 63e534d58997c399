#include "kdeps/sql/dialect.hpp"

#include <random>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/sql/sql_template.hpp"

#include "lexer.hpp"

namespace kdeps::sql {
namespace {

/// A database that does not exist: a row is all that statements need to know of it.
Dialect made_up() {
    static constexpr TypeName kTypes[] = {{"moment", "moment(?)"}};
    static constexpr std::string_view kCommits[] = {"create"};
    static constexpr FunctionRule kFunctions[] = {{"remember", SessionEffect::Session, false}};
    Dialect row{.name = "Fifth", .schemes = {}};
    row.name_quotes = "`";
    row.string_quotes = "'\"";
    row.hash_comments = true;
    row.nested_comments = true;
    row.dollar_strings = true;
    row.placeholder = ":v";
    row.list = ListForm::Json;
    row.types = kTypes;
    row.implicit_commits = kCommits;
    row.functions = kFunctions;
    return row;
}

std::string sent(const SqlTemplate& statement) {
    const std::vector<Value> values(statement.slots().size(), Value("x"));
    return *statement.bind(values).text;
}

TEST(Dialect, ARowIsEnoughForANewDatabase) {
    const Dialect fifth = made_up();
    const auto compiled = [&](const char* text) {
        return sent(SqlTemplate::compile(text, TextOrigin{}, fifth));
    };
    EXPECT_EQ(compiled("SELECT `a?`, $1 # ?"), "SELECT `a?`, :v1 # ?");
    EXPECT_EQ(compiled("SELECT moment '{{ x }}', \"{{ y }}\" /* /* ? */ ? */"),
              "SELECT moment(:v1), :v2 /* /* ? */ ? */");
    EXPECT_EQ(compiled("SELECT $$ ? $$, a IN ({{ l }})"),
              "SELECT $$ ? $$, a IN (SELECT +value FROM json_each(:v1))");
    EXPECT_EQ(quote_identifier("a.b`c", fifth), "`a`.`b``c`");
    EXPECT_TRUE(classify("CREATE TABLE t (a int)", fifth).ends_transaction);
    EXPECT_EQ(classify("SELECT remember(1)", fifth).effect, SessionEffect::Session);
}

/// What a text keeps when its parameters are taken out: every byte outside of slots.
std::string between_slots(std::string_view text, const Dialect& dialect) {
    std::string out;
    std::size_t copied = 0;
    for (const Token& token : tokenize(text, TextOrigin{}, dialect)) {
        EXPECT_LE(copied, token.begin);
        EXPECT_LT(token.begin, token.end);
        EXPECT_LE(token.end, text.size());
        // Between tokens there is nothing but white space.
        const std::string_view gap = text.substr(copied, token.begin - copied);
        EXPECT_EQ(gap.find_first_not_of(" \n"), std::string_view::npos) << text;
        out += gap;
        out += token.of(text);
        copied = token.end;
    }
    return out + std::string(text.substr(copied));
}

TEST(Dialect, RandomTextsAreRefusedOrKeptWhole) {
    constexpr std::string_view kParts[] = {
        "'",        "\"",     "`",   "[",         "]",       "--", "#",    "/*",
        "*/",       "/*!",    "$$",  "$t$",       "$1",      "?",  "??",   ":a",
        "@a",       "@@b",    "%s",  "%(n)s",     "\\",      "E'", "N'",   "U&'",
        "{{ x }}",  "{{",     "}}",  "{{ 'a' }}", "(",       ")",  ",",    ".",
        ";",        " ",      "\n",  "a",         "1e5",     "0x", "in (", "date '",
        "\xC3\xA4", "BEGIN ", "END", "EXEC p ",   "SELECT ", "::", ":=",   "_utf8'",
        "=",        "<@",     "]]"};
    const Dialect fifth = made_up();
    std::vector<const Dialect*> rows(dialects().begin(), dialects().end());
    rows.push_back(&fifth);
    std::mt19937 random(20'240'131);  // NOLINT(cert-msc51-cpp): the same texts in every run
    std::size_t compiled = 0;
    for (int round = 0; round < 2000; ++round) {
        std::string text = "SELECT ";
        for (std::size_t parts = random() % 12; parts > 0; --parts) {
            text += kParts[random() % std::size(kParts)];
        }
        for (const Dialect* const row : rows) {
            try {
                EXPECT_EQ(between_slots(text, *row), text);
                (void)classify(text, *row);
                const auto statement = SqlTemplate::compile(text, TextOrigin{}, *row);
                ++compiled;
                if (!statement.slots().empty() || text.find("{{") != std::string::npos) continue;
                const std::string out = sent(statement);
                const bool shortened =
                    text.find(';') != std::string::npos || text.find("??") != std::string::npos;
                if (shortened) continue;
                EXPECT_TRUE(text.starts_with(out)) << row->name << ": " << text << "\n" << out;
                EXPECT_EQ(text.find_first_not_of(" \n", out.size()), std::string::npos) << text;
            } catch (const Error&) {
                continue;  // refused with a reason; anything else ends the test
            }
        }
    }
    EXPECT_GT(compiled, 1000U);
}

}  // namespace
}  // namespace kdeps::sql
