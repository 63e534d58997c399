#include "step_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

#include "node_text.hpp"

namespace kdeps::testing {

using workflow::Fields;
using workflow::Node;

namespace {

constexpr std::array kMethods{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};

SentRequest read_request(const Fields& fields, const std::vector<std::string>& saved,
                         const SuiteContext& context) {
    SentRequest request{.path = fields.find("path"),
                        .query = fields.find("query"),
                        .headers = fields.find("headers"),
                        .body = fields.find("body")};
    if (request.body != nullptr && request.body->is_null()) request.body = nullptr;
    if (const Node* method = fields.find("method"); method != nullptr) {
        request.method = to_upper(method->text);
        const std::vector<std::string> known(kMethods.begin(), kMethods.end());
        if (std::ranges::find(known, request.method) == known.end()) {
            context.error(*method, fmt::format("unknown method '{}'", method->text),
                          did_you_mean(request.method, known));
        }
    }
    if (request.path != nullptr && request.path->is_scalar() &&
        !request.path->text.starts_with('/') && !request.path->text.empty()) {
        context.error(*request.path, "a path begins with '/'",
                      "the host is not a part of it: tests open no port");
    }
    for (const Node* node : {request.path, request.query, request.headers, request.body}) {
        if (node != nullptr) check_slots(*node, saved, context.diagnostics);
    }
    return request;
}

std::optional<JsonPath> read_path(const Node& node, const SuiteContext& context) {
    try {
        return JsonPath::parse(node.text, node.origin);
    } catch (const Error& error) {
        context.diagnostics.add(Severity::Error, error);
        return std::nullopt;
    }
}

class AnswerReader {
 public:
    explicit AnswerReader(const SuiteContext& context) : context_(context) {}

    ExpectedAnswer read(const Fields& fields) {
        if (const Node* status = fields.find("status"); status != nullptr && !status->is_null()) {
            if (status->kind != Node::Kind::Int && !status->is_map()) {
                context_.error(*status, "'status' must be a number or a matcher",
                               "write 200, or {$range: [200, 299]}");
            }
            answer_.status = expectation(*status, Match::Whole);
        }
        read_headers(fields.find("headers"));
        if (const auto body = fields.map("body")) read_body(*body);
        return std::move(answer_);
    }

 private:
    Expectation expectation(const Node& node, Match match) {
        return Expectation::read(node, match, context_.diagnostics);
    }

    void read_headers(const Node* node) {
        if (node == nullptr || node->is_null()) return;
        if (!node->is_map()) {
            return context_.error(*node, "'headers' in assert must be a map",
                                  "write {Content-Type: application/json}");
        }
        for (const auto& [key, value] : node->members) {
            if (value.is_list()) {
                context_.error(key, "a header is expected to be a text or a matcher");
                continue;
            }
            Expectation expected = value.is_map() ? expectation(value, Match::Whole)
                                                  : Expectation::found_ignoring_case(value);
            answer_.headers.push_back({key.text, std::move(expected)});
        }
    }

    void read_body(const Fields& fields) {
        if (const Node* whole = fields.node().find("equals")) add_body(*whole, Match::Whole);
        if (const Node* part = fields.find("contains"); part != nullptr && !part->is_null()) {
            add_body(*part, Match::Part);
        }
        if (const Node* paths = fields.find("paths"); paths != nullptr && !paths->is_null()) {
            read_paths(*paths);
        }
        for (const Fields& entry : fields.map_list("jsonPath")) read_json_path(entry);
    }

    void add_body(const Node& node, Match match) {
        if (node.kind == Node::Kind::String && match == Match::Whole) {
            answer_.texts.push_back(expectation(node, match));
        } else if (node.is_scalar() && match == Match::Part) {
            answer_.texts.push_back(Expectation::found(node));
        } else {
            answer_.parts.push_back({JsonPath(), expectation(node, match)});
        }
    }

    void read_paths(const Node& node) {
        if (!node.is_map()) {
            return context_.error(node, "'paths' must be a map", "write {$.data.count: 3}");
        }
        for (const auto& [key, value] : node.members) {
            const auto path = read_path(key, context_);
            if (!path) continue;
            answer_.parts.push_back({*path, expectation(value, Match::Whole)});
        }
    }

    void read_json_path(const Fields& entry) {
        const Node* text = entry.find("path");
        if (text == nullptr || !text->is_scalar()) return;
        const auto path = read_path(*text, context_);
        if (!path) return;
        const std::size_t known = answer_.parts.size();
        const Node* equals = entry.node().find("equals");
        if (equals != nullptr) answer_.parts.push_back({*path, expectation(*equals, Match::Whole)});
        if (const Node* part = entry.find("contains"); part != nullptr && !part->is_null()) {
            answer_.parts.push_back({*path, part->is_scalar() ? Expectation::found(*part)
                                                              : expectation(*part, Match::Part)});
        }
        if (const Node* exists = entry.find("exists")) {
            answer_.parts.push_back(
                {*path, Expectation::existence(*exists, entry.flag("exists").value_or(true))});
        }
        if (answer_.parts.size() > known) return;
        context_.error(*text, "nothing is expected at this path", "add equals, contains or exists");
    }

    const SuiteContext& context_;
    ExpectedAnswer answer_;
};

Step read_step(const Fields& fields, std::vector<std::string>& saved, const SuiteContext& context) {
    Step step{.request = {}, .span = fields.node().span, .expected = {}, .saves = {}};
    if (const auto request = fields.map("request")) {
        step.request = read_request(*request, saved, context);
        if (step.request.path != nullptr) step.span = step.request.path->span;
    }
    if (const auto answer = fields.map("assert")) {
        step.expected = AnswerReader(context).read(*answer);
    }
    const Node* save = fields.find("save");
    if (save == nullptr || !save->is_map()) return step;
    for (const auto& [key, value] : save->members) {
        const auto path = read_path(value, context);
        if (path) step.saves.push_back({key.text, *path, value.span});
        saved.push_back(key.text);
    }
    return step;
}

}  // namespace

std::vector<Step> read_steps(const Fields& fields, const SuiteContext& context) {
    std::vector<std::string> saved;
    const Node* steps = fields.find("steps");
    const Node* request = fields.find("request");
    if ((steps == nullptr) == (request == nullptr)) {
        context.error(fields.node(), steps == nullptr
                                         ? "a test needs a 'request', or 'steps' with several"
                                         : "a test has either 'request' or 'steps'");
        return {};
    }
    if (steps == nullptr) {
        std::vector<Step> one;
        one.push_back(read_step(fields, saved, context));
        return one;
    }
    if (const Node* stray = fields.find("assert")) {
        context.error(*stray, "'assert' stands beside 'steps'", "each step has its own");
    }
    std::vector<Step> all;
    for (const Fields& step : fields.map_list("steps")) {
        all.push_back(read_step(step, saved, context));
    }
    return all;
}

}  // namespace kdeps::testing
