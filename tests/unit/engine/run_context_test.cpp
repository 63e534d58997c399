#include <gtest/gtest.h>

#include "kdeps/base/json.hpp"

#include "support/fake_program.hpp"

namespace kdeps::engine {
namespace {

using expr::WorldFunction;
using test::FakeProgram;

Value call(RunContext& context, WorldFunction function, std::vector<Value> arguments) {
    return context.call(function, arguments);
}

/// Evaluates `action` in a resource that requires `before` (value 10) but not `other`.
Value in_run(const Request& request, const test::FakeAction& action) {
    FakeProgram program;
    program.request = request;
    program.add("other", {}, [](RunContext&) { return Value("hidden"); })
        .add("before", {}, [](RunContext&) { return Value(10); })
        .add("target", {"before"}, action);
    return program.value("target");
}

Value get(const Request& request, std::vector<Value> arguments) {
    return in_run(
        request, [&](RunContext& context) { return call(context, WorldFunction::Get, arguments); });
}

TEST(RunContextTest, GetLooksAtPathThenQueryThenBody) {
    Request request;
    request.method = "POST";
    request.path_parameters.set("a", "path");
    request.query.set("a", "query");
    request.query.set("b", "query");
    request.body = Value(Object{{"a", "body"}, {"b", "body"}, {"c", "body"}});
    EXPECT_EQ(get(request, {Value("a")}), Value("path"));
    EXPECT_EQ(get(request, {Value("b")}), Value("query"));
    EXPECT_EQ(get(request, {Value("c")}), Value("body"));
    EXPECT_EQ(get(request, {Value("a"), Value("body")}), Value("body"));
    EXPECT_EQ(get(request, {Value("d")}), Value());
    EXPECT_EQ(get(request, {Value("d"), Value(5)}), Value(5));
}

TEST(RunContextTest, TheNameOfAResourceIsNeverLookedUpInTheRequest) {
    Request request;
    request.method = "POST";
    for (const char* name : {"before", "other", "target"}) {
        request.path_parameters.set(name, "path");
        request.query.set(name, "query");
    }
    request.body = Value(Object{{"other", "body"}});
    const std::map<std::string, std::size_t> places = {{"other", 0}, {"target", 2}};
    EXPECT_EQ(get(request, {Value("before")}), Value(10));
    for (const char* name : {"other", "target"}) {  // no ancestor; without an output yet
        EXPECT_EQ(get(request, {Value(name)}), Value());
        EXPECT_EQ(get(request, {Value(name), Value("output")}), Value());
        EXPECT_EQ(get(request, {Value(name), Value("a default")}), Value("a default"));
        EXPECT_EQ(get(request, {Value(name), Value("param")}), Value("path"));
        EXPECT_EQ(get(request, {Value(name), Value("query")}), Value("query"));
        EXPECT_EQ(
            in_run(request,
                   [&](RunContext& context) { return *context.lookup(name, places.at(name)); }),
            Value());
    }
    EXPECT_EQ(get(request, {Value("other"), Value("body")}), Value("body"));
}

TEST(RunContextTest, NamesMeanTheSameWrittenAndComputed) {
    FakeProgram program;
    program.request.query.set("before", "query");
    program.request.query.set("id", "7");
    workflow::Node* const effects = program.own(test::list(
        {test::scalar("set('seen', [get('before'), get('bef' + 'ore'), before, output('before'), "
                      "get('skipped'), get('skip' + 'ped'), skipped, get('id'), get('i' + 'd')])"),
         test::scalar("set('before', 'set')"),
         test::scalar("set('then', [get('before'), get('bef' + 'ore'), before, output('before')])"),
         test::scalar("set('before', nil)"), test::scalar("set('last', get('before'))")}));
    program.add("before", {}, [](RunContext&) { return Value(10); })
        .add(
            "skipped", {}, [](RunContext&) { return Value(1); },
            [&](workflow::Resource& resource) {
                resource.validations =
                    program.own(test::map({{"skip", test::list({test::scalar("1 == 1")})}}));
            })
        .add(
            "target", {"before", "skipped"},
            [](RunContext& context) {
                return Value(Value::List{*context.find("seen"), *context.find("then"),
                                         *context.find("last")});
            },
            [&](workflow::Resource& resource) {
                for (const workflow::Node& node : effects->items) resource.before.push_back(&node);
            });
    program.request.query.set("skipped", "query");
    EXPECT_EQ(to_json(program.value("target")),
              R"([[10,10,10,10,null,null,null,"7","7"],["set","set","set",10],null])");
}

TEST(RunContextTest, HeadersAreSeenByHintOnly) {
    Request request;
    request.headers.emplace_back("X-Tenant", "acme");
    EXPECT_EQ(get(request, {Value("x-tenant")}), Value());
    EXPECT_EQ(get(request, {Value("x-tenant"), Value("header")}), Value("acme"));
}

TEST(RunContextTest, SetIsForThisRunUnlessAStoreIsNamed) {
    const Value value = in_run({}, [](RunContext& context) {
        (void)call(context, WorldFunction::Set, {Value("k"), Value(1)});
        (void)call(context, WorldFunction::Set, {Value("m"), Value(2), Value("memory")});
        return Value(Value::List{call(context, WorldFunction::Get, {Value("k")}),
                                 call(context, WorldFunction::Get, {Value("m")}),
                                 call(context, WorldFunction::Get, {Value("m"), Value("memory")})});
    });
    EXPECT_EQ(value, Value(Value::List{Value(1), Value(), Value(2)}));
}

TEST(RunContextTest, SetToAnUnknownStoreSaysWhatThereIs) {
    const auto text = in_run({}, [](RunContext& context) {
        try {
            return call(context, WorldFunction::Set, {Value("k"), Value(1), Value("disk")});
        } catch (const Error& error) {
            return Value(render(error));
        }
    });
    EXPECT_EQ(text, Value("set() knows no store 'disk' [EXPRESSION_FAILED]\n"
                          "  hint: leave it out for this run, or use 'session' or 'memory'"));
}

TEST(RunContextTest, BracketsGiveAllThatWasSent) {
    Request request;
    request.method = "POST";
    request.path_parameters.set("p", ClientText{"0"});
    request.query.set("a", ClientText{"1"});
    request.query.set("b", ClientText{"5"});
    request.query.set("c[]", ClientText{"6"});
    request.query.set("c", ClientText{"7"});
    request.repeated_query["a"] = {ClientText{"1"}, ClientText{"2"}};
    request.body = Value(
        Object{{"a", "x"}, {"d", Value(Value::List{1, 2})}, {"e", 3}, {"f", Value()}, {"g", "8"}});
    request.repeated_form["g"] = {ClientText{"8"}, ClientText{"9"}};
    const auto json = [&](std::vector<Value> arguments) {
        return to_json(get(request, arguments));
    };
    EXPECT_EQ(json({"a"}), R"("1")");
    EXPECT_EQ(json({"a[]"}), R"(["1","2"])");
    EXPECT_EQ(json({"a[]", "query"}), R"(["1","2"])");
    EXPECT_EQ(json({"a[]", "body"}), R"(["x"])");
    EXPECT_EQ(json({"b[]"}), R"(["5"])");
    EXPECT_EQ(json({"c[]"}), R"(["6"])");
    EXPECT_EQ(json({"d[]"}), "[1,2]");
    EXPECT_EQ(json({"e[]"}), "[3]");
    EXPECT_EQ(json({"f[]"}), "null");
    EXPECT_EQ(json({"g[]"}), R"(["8","9"])");
    EXPECT_EQ(json({"p[]", "param"}), R"(["0"])");
    EXPECT_EQ(json({"nothing[]"}), "null");
    EXPECT_EQ(json({"nothing[]", Value(Value::List{})}), "[]");
}

TEST(RunContextTest, InputIsTheBodyOrElseTheParameters) {
    Request request;
    request.query.set("q", "1");
    const auto input = [](RunContext& context) { return context.input_value(); };
    EXPECT_EQ(in_run(request, input), Value(Object{{"q", "1"}}));
    request.body = Value(Object{{"b", 2}});
    EXPECT_EQ(in_run(request, input), Value(Object{{"b", 2}}));
}

TEST(RunContextTest, InfoKnowsTheTimeAndTheRequest) {
    Request request;
    request.id = "r-1";
    const Value info = in_run(request, [](RunContext& context) {
        return Value(Value::List{call(context, WorldFunction::Info, {Value("requestId")}),
                                 call(context, WorldFunction::Info, {Value("nothing")}),
                                 call(context, WorldFunction::Info, {Value("now")})});
    });
    EXPECT_EQ(info.element(0), Value("r-1"));
    EXPECT_EQ(info.element(1), Value());
    EXPECT_EQ(info.element(2).as_string().size(), std::string("2026-01-31T09:30:00Z").size());
}

}  // namespace
}  // namespace kdeps::engine
