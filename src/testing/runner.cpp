#include "kdeps/testing/runner.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/log/log.hpp"
#include "kdeps/server/call.hpp"

#include "databases.hpp"
#include "doubles.hpp"
#include "node_text.hpp"

namespace kdeps::testing {

namespace {

using workflow::Node;

/// Letters, digits and what RFC 3986 calls unreserved stay.
std::string query_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' ||
                              c == '~';
        if (is_plain) {
            encoded += c;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return encoded;
}

std::string target_of(const SentRequest& request, const Names& names) {
    std::string target = filled(*request.path, names);
    if (request.query == nullptr) return target;
    for (const auto& [key, value] : request.query->members) {
        target += target.find('?') == std::string::npos ? '?' : '&';
        target += query_encoded(key.text) + "=" + query_encoded(filled(value, names));
    }
    return target;
}

server::CallRequest call_of(const SentRequest& request, const Names& names) {
    server::CallRequest call{
        .method = request.method, .target = target_of(request, names), .headers = {}};
    if (request.headers != nullptr) {
        for (const auto& [key, value] : request.headers->members) {
            const std::string line = fmt::format("{}: {}", key.text, filled(value, names));
            if (line.find_first_of("\r\n") != std::string::npos) {
                throw Error(ErrorCode::InvalidValue,
                            fmt::format("header '{}' has more than one line", key.text),
                            {.where = value.span});
            }
            call.headers.push_back(line);
        }
    }
    if (request.body != nullptr) {
        const Value body = value_of(*request.body, names);
        const bool is_text = request.body->kind == Node::Kind::String;
        call.body = is_text ? to_text(body) : to_json(body);
    }
    return call;
}

/// Value of the first header of that name.
std::optional<std::string> header_in(std::string_view head, std::string_view name) {
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        const auto colon = line.find(':');
        if (colon == line.npos || !equals_ignoring_case(line.substr(0, colon), name)) continue;
        return std::string(trim(line.substr(colon + 1)));
    }
    return std::nullopt;
}

std::optional<Value> json_of(const std::string& body) {
    try {
        return parse_json(body);
    } catch (const Error&) {
        return std::nullopt;
    }
}

void check_text(const Expectation& expected, const std::string& body,
                const std::optional<Value>& json, Mismatches& found) {
    const bool is_json_text = json && json->kind() == Kind::String;
    if (is_json_text && expected.holds(&*json)) return;
    const Value text(body);
    expected.check(&text, "body", found);
}

Mismatches differences(const ExpectedAnswer& expected, const server::SentAnswer& answer) {
    Mismatches found;
    const Value status(answer.status);
    if (expected.status) expected.status->check(&status, "status", found);
    for (const auto& [name, value] : expected.headers) {
        const auto text = header_in(answer.head, name);
        const Value held = text ? Value(*text) : Value();
        value.check(text ? &held : nullptr, fmt::format("header '{}'", name), found);
    }
    const auto json = json_of(answer.body);
    for (const Expectation& text : expected.texts) check_text(text, answer.body, json, found);
    for (const auto& [path, value] : expected.parts) {
        const auto there = json ? path.find(*json) : std::nullopt;
        value.check(there ? &*there : nullptr, path.text(), found);
    }
    return found;
}

void save(const Step& step, const server::SentAnswer& answer, Object& saved) {
    const auto json = json_of(answer.body);
    for (const Saved& each : step.saves) {
        auto value = json ? each.path.find(*json) : std::nullopt;
        if (!value) {
            throw Error(ErrorCode::InvalidValue,
                        fmt::format("the answer has nothing at {} to save as '{}'",
                                    each.path.text(), each.name),
                        {.where = each.span});
        }
        saved.set(each.name, *std::move(value));
    }
}

server::Site site_for(const Test& test, const std::shared_ptr<app::Project>& project) {
    server::Site site = app::site_of(project, {.host = "127.0.0.1", .timeout = test.timeout});
    if (test.timeout) {
        for (workflow::Route& route : site.settings.api.routes) route.timeout = test.timeout;
    }
    return site;
}

Error not_named(const std::string& connection, const Test& test) {
    return {ErrorCode::ConnectionFailed,
            fmt::format("the test asks database '{}', which has none for tests", connection),
            {.where = test.span,
             .hint = fmt::format("name one in a test file: `connections: {{{}: \"${{TEST_DSN}}\"}}`"
                                 ", or mock what asks it",
                                 connection)}};
}

}  // namespace

class Runner::Own {
 public:
    Own(const std::string& path, std::shared_ptr<app::Project> project, const Suite& suite,
        app::Runtime& runtime, FailureLog& log)
        : path_(path),
          project_(std::move(project)),
          runtime_(runtime),
          log_(log),
          databases_(suite.databases, log) {}

    TestResult run(const Test& test, const std::stop_token& stop) {
        const auto begin = std::chrono::steady_clock::now();
        TestResult result;
        result.test = &test;
        (void)log_.take();
        runtime_.executor().memory().clear();
        try {
            run_steps(test, stop, result);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Cancelled && stop.stop_requested()) throw;
            result.error = error;
            if (!result.error->detail().where) result.error->detail().where = test.span;
        }
        result.log = log_.take();
        result.duration = std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::steady_clock::now() - begin);
        return result;
    }

 private:
    /// Gives the databases back, however the test ends.
    class Prepared {
     public:
        Prepared(Databases& databases, const app::Project& project, const Test& test)
            : databases_(databases), project_(project) {
            try {
                databases.prepare(project, test);
            } catch (...) {
                (void)databases.release(project);
                throw;
            }
        }
        ~Prepared() { (void)databases_.release(project_); }
        Prepared(const Prepared&) = delete;
        Prepared& operator=(const Prepared&) = delete;

        std::vector<std::string> release() { return databases_.release(project_); }

     private:
        Databases& databases_;
        const app::Project& project_;
    };

    void run_steps(const Test& test, const std::stop_token& stop, TestResult& result) {
        const std::shared_ptr<app::Project> project = project_for(test);
        Prepared databases(databases_, *project, test);
        run_steps_on(project, test, stop, result);
        const std::vector<std::string> asked = databases.release();
        if (!asked.empty()) throw not_named(asked.front(), test);
    }

    void run_steps_on(const std::shared_ptr<app::Project>& project, const Test& test,
                      const std::stop_token& stop, TestResult& result) {
        const server::Site site = site_for(test, project);
        Names names{.saved = {}, .environment = project->workflow().environment};
        for (const Step& step : test.steps) {
            const server::CallRequest call = call_of(step.request, names);
            const server::SentAnswer answer =
                server::call(site, server::request_text(call), log_, stop);
            Mismatches found = differences(step.expected, answer);
            if (!found.empty()) {
                result.failure = {.request = fmt::format("{} {}", call.method, call.target),
                                  .status = answer.status,
                                  .body = answer.body,
                                  .mismatches = std::move(found)};
                return;
            }
            save(step, answer, names.saved);
        }
    }

    std::shared_ptr<app::Project> project_for(const Test& test) {
        if (test.mocks.empty()) return project_;
        const app::Loaded loaded = app::load(path_, {.has_host = true}, runtime_);
        if (!loaded.is_valid()) {
            throw Error(ErrorCode::InvalidValue, "the workflow has changed meanwhile");
        }
        for (const Mock& mock : test.mocks) {
            const auto resource = loaded.project->program().find(mock.action_id);
            loaded.project->replace_action(*resource, mocked_action(mock));
        }
        return loaded.project;
    }

    const std::string path_;
    const std::shared_ptr<app::Project> project_;
    app::Runtime& runtime_;
    FailureLog& log_;
    Databases databases_;
};

Runner::Runner(const std::string& path, std::shared_ptr<app::Project> project, const Suite& suite,
               app::Runtime& runtime, FailureLog& log)
    : own_(std::make_unique<Own>(path, std::move(project), suite, runtime, log)) {}

Runner::~Runner() = default;

TestResult Runner::run(const Test& test, const std::stop_token& stop) {
    return own_->run(test, stop);
}

void FailureLog::emit(const Event& event) noexcept {
    const auto* failed = std::get_if<ResourceFailed>(&event);
    if (failed == nullptr) return;
    try {
        std::string line = log::mask_secrets(failed->text);
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
    } catch (const std::exception&) {
        // No room for a line: the answer tells that something failed.
    }
}

std::vector<std::string> FailureLog::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
}

}  // namespace kdeps::testing
