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

TEST(Dialect, AFieldDecidesOnlyWhatItSays) {
    Dialect row = made_up();
    const auto effect = [&](const char* text) { return classify(text, row).effect; };
    const auto hint = [&] {
        try {
            (void)SqlTemplate::compile("SELECT {{ x", TextOrigin{}, row);
        } catch (const Error& error) {
            return error.detail().hint;
        }
        return std::string();
    };
    const auto slots = [&] {
        return SqlTemplate::compile("EXEC p @a = 1", TextOrigin{}, row).slots().size();
    };

    row.list = ListForm::Array;
    EXPECT_EQ(hint().find("ARRAY"), std::string::npos);
    row.list = ListForm::Expanded;
    row.array_brackets = true;
    EXPECT_NE(hint().find("ARRAY"), std::string::npos);

    row.at_sign = AtSign::ParameterOrSystem;
    EXPECT_EQ(slots(), 1U);
    row.exec_calls = true;
    EXPECT_EQ(slots(), 0U);

    row.at_sign = AtSign::Variable;
    EXPECT_EQ(effect("SELECT @a := 1"), SessionEffect::Neutral);
    row.assigning_operator = true;
    EXPECT_EQ(effect("SELECT @a := 1"), SessionEffect::Session);
}

/// Tokens follow each other, and outside of them there is nothing but white space.
void expect_covers(std::string_view text, const Dialect& dialect) {
    const auto expect_space = [text](std::size_t begin, std::size_t end) {
        const std::string_view gap = text.substr(begin, end - begin);
        EXPECT_EQ(gap.find_first_not_of(" \n"), std::string_view::npos) << text;
    };
    std::size_t covered = 0;
    for (const Token& token : tokenize(text, TextOrigin{}, dialect)) {
        EXPECT_LE(covered, token.begin);
        EXPECT_LT(token.begin, token.end);
        EXPECT_LE(token.end, text.size());
        expect_space(covered, token.begin);
        covered = token.end;
    }
    expect_space(covered, text.size());
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
                expect_covers(text, *row);
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
