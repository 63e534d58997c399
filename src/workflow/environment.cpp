#include "environment.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"
#include "kdeps/workflow/workflow.hpp"

#include "environment_settings.hpp"

namespace kdeps::workflow {
namespace {

constexpr std::string_view kNameStart = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
constexpr std::string_view kNameRest =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

bool is_name(std::string_view text) {
    return !text.empty() && kNameStart.find(text[0]) != std::string_view::npos &&
           text.find_first_not_of(kNameRest) == std::string_view::npos;
}

/// Only a comment may follow a closing quote.
bool is_rest_empty(std::string_view rest) {
    rest = trim(rest);
    return rest.empty() || rest.starts_with('#');
}

std::optional<std::string> double_quoted(std::string_view text) {
    std::string out;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            if (!is_rest_empty(text.substr(i + 1))) return std::nullopt;
            return out;
        }
        if (text[i] == '\\' && i + 1 < text.size()) {
            ++i;
            switch (text[i]) {
                case 'n':
                    out += '\n';
                    break;
                case 't':
                    out += '\t';
                    break;
                case '"':
                case '\\':
                case '$':
                    out += text[i];
                    break;
                default:
                    out += '\\';
                    out += text[i];
            }
            continue;
        }
        out += text[i];
    }
    return std::nullopt;  // never closed
}

std::optional<std::string> dot_env_value(std::string_view text) {
    text = trim(text);
    if (text.starts_with('"')) return double_quoted(text);
    if (text.starts_with('\'')) {
        const std::size_t end = text.find('\'', 1);
        if (end == std::string_view::npos || !is_rest_empty(text.substr(end + 1))) {
            return std::nullopt;
        }
        return std::string(text.substr(1, end - 1));
    }
    if (text.starts_with('#')) return std::string();
    return std::string(trim(text.substr(0, text.find(" #"))));
}

std::optional<std::pair<std::string, std::string>> dot_env_line(std::string_view line) {
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = trim(line.substr(0, equals));
    auto value = dot_env_value(line.substr(equals + 1));
    if (!is_name(name) || !value) return std::nullopt;
    return std::pair(std::string(name), *std::move(value));
}

/// Expands one text; each method consumes one construct at `position_`.
class Expander {
 public:
    Expander(const std::string& text, const TextOrigin& origin, const Environment& environment)
        : text_(text), origin_(origin), environment_(environment) {}

    std::string expand() {
        const std::string_view text = text_;
        while (position_ < text.size()) {
            const std::string_view rest = text.substr(position_);
            if (rest.starts_with("$$")) {
                out_ += '$';
                position_ += 2;
            } else if (rest.starts_with("${")) {
                expand_variable(rest);
            } else if (rest.starts_with("{{")) {
                expand_slot(rest);
            } else {
                out_ += text[position_++];
            }
        }
        return std::move(out_);
    }

 private:
    [[noreturn]] void fail(std::size_t length, const std::string& message,
                           const std::string& hint) const {
        throw Error(ErrorCode::InvalidValue, message,
                    {.where = origin_.span(text_, position_, length), .hint = hint});
    }

    void append_variable(const std::string& name, std::size_t length,
                         const std::optional<std::string>& fallback) {
        auto value = environment_.find(name);
        if (!value && !fallback) {
            fail(length, fmt::format("environment variable '{}' is not set", name),
                 fmt::format("set it, put '{0}=...' into .env beside the workflow, or give a "
                             "default: ${{{0}:-default}}",
                             name));
        }
        // As in a shell, an empty variable takes the default too.
        if (fallback && value.value_or("").empty()) value = fallback;
        out_ += without_final_break(*value);
        position_ += length;
    }

    void expand_variable(std::string_view rest) {
        const std::size_t close = rest.find('}');
        if (close == std::string_view::npos) {
            fail(2, "'${' is not closed", "write ${NAME}, or $$ for a dollar sign");
        }
        const std::string_view inside = rest.substr(2, close - 2);
        const std::size_t mark = inside.find(":-");
        const std::string_view name = inside.substr(0, mark);
        if (!is_name(name)) {
            // What stands there stays unsaid: it may be a part of a password.
            fail(close + 1, "'${...}' holds no name of an environment variable",
                 "write ${NAME} or ${NAME:-default}, or $$ for a dollar sign");
        }
        std::optional<std::string> fallback;
        if (mark != std::string_view::npos) fallback = std::string(inside.substr(mark + 2));
        append_variable(std::string(name), close + 1, fallback);
    }

    /// `{{ env('NAME') }}` with either kind of quotes; nothing else can be known while loading.
    void expand_slot(std::string_view rest) {
        const std::size_t close = rest.find("}}");
        if (close == std::string_view::npos) fail(2, "'{{' is not closed", "close it with '}}'");
        std::string_view inside = trim(rest.substr(2, close - 2));
        const auto cut = [&inside](std::string_view start, std::string_view end) {
            if (!inside.starts_with(start) || !inside.ends_with(end) ||
                inside.size() < start.size() + end.size()) {
                return false;
            }
            inside = trim(inside.substr(start.size(), inside.size() - start.size() - end.size()));
            return true;
        };
        const bool is_call = cut("env", "") && cut("(", ")") && (cut("'", "'") || cut("\"", "\""));
        if (!is_call || !is_name(inside)) {
            fail(close + 2, "only {{ env('NAME') }} can be used here",
                 "this value is needed before any request, so it can only come from the "
                 "environment");
        }
        append_variable(std::string(inside), close + 2, std::nullopt);
    }

    const std::string& text_;
    const TextOrigin& origin_;
    const Environment& environment_;
    std::size_t position_ = 0;
    std::string out_;
};

}  // namespace

std::map<std::string, std::string> parse_dot_env(std::string_view text, const std::string& file,
                                                 Diagnostics& diagnostics) {
    std::map<std::string, std::string> variables;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.starts_with('#')) continue;
        if (auto variable = dot_env_line(line)) {
            warn_of_variable(variable->first, SourceSpan{.file = file, .line = number},
                             diagnostics);
            variables.insert_or_assign(variable->first, variable->second);
            continue;
        }
        diagnostics.warning(ErrorCode::InvalidValue, "the line is not 'NAME=value' and is ignored",
                            {.file = file, .line = number}, "quotes must be closed on their line");
    }
    return variables;
}

std::map<std::string, std::string> read_dot_env(const std::filesystem::path& path,
                                                const std::string& file, Diagnostics& diagnostics) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return {};
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        diagnostics.warning(ErrorCode::FileNotFound, "the file cannot be read and is ignored",
                            {.file = file}, "check its permissions");
        return {};
    }
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    return parse_dot_env(text, file, diagnostics);
}

std::string without_final_break(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

std::optional<std::string> Environment::find(const std::string& name) const {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody here changes the process environment
    if (const char* value = std::getenv(name.c_str())) return value;
    for (const auto* variables : {&dot_env_, &own_}) {
        const auto known = variables->find(name);
        if (known != variables->end()) return known->second;
    }
    return std::nullopt;
}

std::string expand_environment(const std::string& text, const TextOrigin& origin,
                               const Environment& environment) {
    return Expander(text, origin, environment).expand();
}

}  // namespace kdeps::workflow
