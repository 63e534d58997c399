#include "conversation.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"

#include "codec.hpp"

namespace kdeps::worker {
namespace {

/// A frame holds more than the value that max_result_bytes limits: its kind, a traceback.
constexpr std::size_t kFrameSlack = 1u << 20;
constexpr std::size_t kStderrTail = 4096;
/// More than a worker keeps compiled.
constexpr std::size_t kMaxKnownScripts = 1024;

Bytes encoded(const Value& value, SentTables& tables) {
    Bytes bytes;
    encode(value, tables, bytes.data);
    return bytes;
}

Value::List names_list(const std::vector<std::string>& names) {
    return {names.begin(), names.end()};
}

/// The end of a captured stderr, from the beginning of a line.
std::string tail(const std::string& text) {
    if (text.size() <= kStderrTail) return text;
    const std::size_t line = text.find('\n', text.size() - kStderrTail);
    return text.substr(line == std::string::npos ? text.size() - kStderrTail : line + 1);
}

[[noreturn]] void refuse_message() {
    throw Error(ErrorCode::WorkerCrashed, "a python worker sent a malformed message");
}

/// A message from a worker: a list whose first element is its kind.
class Message {
 public:
    /// Errors: Error(WorkerCrashed), here and below, for anything unexpected.
    Message(std::string_view data, const SentTables& tables) : value_(decode(data, tables)) {
        if (value_.kind() != Kind::List || value_.size() == 0) refuse_message();
    }

    [[nodiscard]] const std::string& kind() const { return text(0); }
    [[nodiscard]] std::size_t size() const { return value_.size(); }
    [[nodiscard]] const Value& part(std::size_t index) const {
        if (index >= size()) refuse_message();
        return value_.as_list()[index];
    }
    [[nodiscard]] const std::string& text(std::size_t index) const {
        if (part(index).kind() != Kind::String) refuse_message();
        return part(index).as_string();
    }
    [[nodiscard]] std::int64_t number(std::size_t index) const {
        if (part(index).kind() != Kind::Int) refuse_message();
        return part(index).as_int();
    }
    /// The place that starts at part `index`: 1-based line, 0-based byte column, length in bytes.
    [[nodiscard]] std::optional<SourceSpan> place(std::size_t index, const Script& script) const;
    [[nodiscard]] std::optional<std::string> retire_reason() const {
        if (part(size() - 1).is_null()) return std::nullopt;
        return text(size() - 1);
    }

 private:
    Value value_;
};

std::optional<SourceSpan> Message::place(std::size_t index, const Script& script) const {
    if (part(index).is_null()) return std::nullopt;
    std::size_t offset = 0;
    for (std::int64_t line = 1; line < number(index); ++line) {
        const std::size_t end = script.source.find('\n', offset);
        if (end == std::string::npos) break;
        offset = end + 1;
    }
    offset += static_cast<std::size_t>(number(index + 1));
    return script.origin.span(script.source, std::min(offset, script.source.size()),
                              static_cast<std::size_t>(number(index + 2)));
}

class Conversation {
 public:
    Conversation(WorkerProcess& worker, const WorkerSettings& settings, const Call& call,
                 std::int64_t number, CallHost& host, const Patience& patience)
        : worker_(worker),
          settings_(settings),
          call_(call),
          number_(number),
          host_(host),
          patience_(patience),
          tables_(++worker.calls) {}

    Answer run();

 private:
    void send_call(bool with_source);
    void send_value(const Value& value);
    [[nodiscard]] Message receive();
    [[nodiscard]] bool answer_question(const Message& message);
    [[nodiscard]] Value ask(const Message& message);
    [[nodiscard]] Answer conclude(const Message& message);
    [[nodiscard]] Answer fail(Error error, const Message& message);
    [[nodiscard]] CallResult result_of(const Value& returned);
    [[nodiscard]] Error failure_of(const Message& message) const;

    WorkerProcess& worker_;
    const WorkerSettings& settings_;
    const Call& call_;
    const std::int64_t number_;
    CallHost& host_;
    const Patience& patience_;
    SentTables tables_;
    std::string standard_output_;
    std::string standard_error_;
    bool output_is_cut_ = false;
};

Answer Conversation::run() {
    worker_.begin_output(settings_.max_output_bytes);
    auto& known = worker_.known_scripts;
    if (known.size() >= kMaxKnownScripts) known.clear();  // those that it has are not compiled anew
    send_call(known.insert(number_).second);
    for (;;) {
        const Message message = receive();
        if (message.kind() == "need") {
            send_call(true);
        } else if (!answer_question(message)) {
            return conclude(message);
        }
    }
}

void Conversation::send_call(bool with_source) {
    const Script& script = *call_.script;
    Object prefetched;
    for (const auto& [name, value] : call_.prefetched) {
        prefetched.set(name, encoded(value, tables_));
    }
    send_value(Object{
        {"kind", "call"},
        {"script", number_},
        {"name", script.name},
        {"source", with_source ? Value(script.source) : Value()},
        {"slot_names", names_list(script.slot_names)},
        {"slots", call_.slots},
        {"prefetched", std::move(prefetched)},
        {"request", encoded(call_.request, tables_)},
        {"input", encoded(call_.input, tables_)},
        {"arguments", names_list(call_.arguments)},
        {"max_result_bytes", Value::from_unsigned(settings_.max_result_bytes)},
        {"number", Value::from_unsigned(tables_.call_number())},
    });
}

void Conversation::send_value(const Value& value) {
    std::string frame(kFrameHeader, '\0');
    encode(value, tables_, frame);
    worker_.send(frame, patience_);
}

Message Conversation::receive() {
    return {worker_.receive(settings_.max_result_bytes + kFrameSlack, patience_), tables_};
}

/// Whether the message was a question of the script; then it has been answered.
bool Conversation::answer_question(const Message& message) {
    if (message.kind() != "ask") return false;
    Value answer;
    std::string_view kind = "value";
    try {
        answer = ask(message);
    } catch (const Error& error) {
        switch (error.code()) {
            case ErrorCode::Cancelled:
            case ErrorCode::RunTimeout:
            case ErrorCode::ResourceTimeout:
                throw;  // The run is over; the script must not be able to catch that.
            default:
                kind = "error";
                answer = error.what();
        }
    }
    send_value(Value::List{kind, std::move(answer)});
    return true;
}

Value Conversation::ask(const Message& message) {
    const std::string& function = message.text(1);
    if (function == "table_text") {
        const auto handle = static_cast<std::uint64_t>(message.number(2));
        return to_text(tables_.at(handle));
    }
    std::vector<Value> arguments;
    for (std::size_t i = 2; i < message.size(); ++i) arguments.push_back(message.part(i));
    return host_.ask(function, arguments);
}

Answer Conversation::conclude(const Message& message) {
    worker_.drain_output();
    Capture out = worker_.take_stdout();
    output_is_cut_ = out.dropped_bytes > 0;
    standard_output_ = std::move(out).finish();
    standard_error_ = worker_.take_stderr().finish();
    try {
        if (message.kind() == "done") return {result_of(message.part(1)), message.retire_reason()};
        if (message.kind() == "exit" && message.number(1) == 0) {
            return {result_of(nullptr), message.retire_reason()};
        }
        return fail(failure_of(message), message);
    } catch (const Error& error) {
        return fail(error, message);
    }
}

Answer Conversation::fail(Error error, const Message& message) {
    int status = 0;  // of a script that ended well, with a result that cannot be taken
    if (message.kind() == "exit") status = static_cast<int>(message.number(1));
    if (message.kind() == "failed") status = 1;
    host_.script_failed({std::move(standard_output_), std::move(standard_error_), status});
    return {std::move(error), message.retire_reason()};
}

/// What the script returned; else what it printed: a JSON object or list as that value, other text
/// as it is, nothing as nil.
CallResult Conversation::result_of(const Value& returned) {
    CallResult result;
    result.value = returned;
    result.returned = !returned.is_null();
    if (!result.returned && !standard_output_.empty()) {
        const std::string_view text = trim(standard_output_);
        const bool looks_like_json = text.starts_with('{') || text.starts_with('[');
        if (looks_like_json && output_is_cut_) {
            throw Error(ErrorCode::ResultTooLarge,
                        fmt::format("python script '{}' printed more than {} bytes of JSON",
                                    call_.script->name, settings_.max_output_bytes),
                        {.hint = "return the value instead of printing it"});
        }
        result.value = standard_output_;
        if (looks_like_json) {
            try {
                result.value = parse_json(text);
            } catch (const Error&) {
                // Text that only begins like JSON stays text.
            }
        }
    }
    result.process = {std::move(standard_output_), std::move(standard_error_), 0};
    return result;
}

Error Conversation::failure_of(const Message& message) const {
    const Script& script = *call_.script;
    if (message.kind() == "failed") {
        ErrorDetail detail;
        detail.where = message.place(3, script);
        detail.context = message.text(2);
        return {ErrorCode::PythonFailed, message.text(1), std::move(detail)};
    }
    if (message.kind() == "exit") {
        return {ErrorCode::PythonFailed,
                fmt::format("exit status {}", message.number(1)),
                {.context = tail(standard_error_)}};
    }
    if (message.kind() == "too_large") {
        return {ErrorCode::ResultTooLarge,
                fmt::format("the result of python script '{}' is larger than {} bytes", script.name,
                            settings_.max_result_bytes),
                {.hint = "return less, or raise maxResultBytes"}};
    }
    refuse_message();
}

}  // namespace

Answer converse(WorkerProcess& worker, const WorkerSettings& settings, const Call& call,
                std::int64_t number, CallHost& host, const Patience& patience) {
    return Conversation(worker, settings, call, number, host, patience).run();
}

Analysis analyse(WorkerProcess& worker, const Script& script, const Patience& patience) {
    SentTables tables(++worker.calls);
    std::string frame(kFrameHeader, '\0');
    encode(Object{{"kind", "check"},
                  {"name", script.name},
                  {"source", script.source},
                  {"slot_names", names_list(script.slot_names)}},
           tables, frame);
    worker.send(frame, patience);
    const Message message(worker.receive(script.source.size() + kFrameSlack, patience), tables);
    Analysis analysis;
    if (auto where = message.place(2, script)) {
        analysis.issue = ScriptIssue{*std::move(where), message.text(1)};
    }
    for (std::size_t i = 5; i < message.size(); ++i) {
        analysis.literal_gets.push_back(message.text(i));
    }
    return analysis;
}

}  // namespace kdeps::worker
