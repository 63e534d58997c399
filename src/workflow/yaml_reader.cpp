#include "yaml_reader.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "kdeps/base/text.hpp"

#include "quoting.hpp"
#include "scalar.hpp"
#include "secrets.hpp"

namespace kdeps::workflow {
namespace {

constexpr std::size_t kMaxDepth = 100;
constexpr std::size_t kMaxNodes = 100'000;
constexpr std::string_view kStandardTag = "tag:yaml.org,2002:";

/// Ends the file; what is wrong has been added to the diagnostics.
struct StopReading {};

/// A map or list whose end has not been seen yet.
struct Open {
    Node node;
    std::size_t offset = 0;
    bool is_flow = false;
    bool is_key = false;   ///< Stands where a key should be.
    bool is_slot = false;  ///< `{{ ... }}` without quotes: becomes a text.
    std::optional<Node> key = std::nullopt;
    std::unordered_map<std::string, int> lines = {};  ///< Of the keys so far.
};

class TreeBuilder final : public YAML::EventHandler {
 public:
    TreeBuilder(const SourceText& source, Diagnostics& diagnostics)
        : source_(source), secrets_(source.text()), diagnostics_(diagnostics) {}

    std::vector<std::unique_ptr<Node>> take_roots() { return std::move(roots_); }
    [[nodiscard]] int last_error_line() const { return last_error_line_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        const std::size_t offset = offset_of(mark);
        const std::string_view text = source_.text();
        const bool is_first = !std::exchange(has_document_, true);
        if (is_first ||
            (source_.line_begin(offset) == offset && text.substr(offset).starts_with("---"))) {
            return;
        }
        error(source_.span(offset, source_.line_end(offset)),
              "this text does not belong to the document above it",
              "indent it to continue, or begin a new document with a line '---'");
        throw StopReading{};
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        const std::size_t offset = offset_of(mark);
        const std::string_view rest = std::string_view(source_.text()).substr(offset);
        std::size_t length = rest.starts_with('~') ? 1 : 0;
        if (rest.size() >= 4 && equals_ignoring_case(rest.substr(0, 4), "null")) length = 4;
        const bool is_flow_key = length == 0 && expects_key() && open_.back().is_flow;
        if (is_flow_key && rest.find_first_of(":,}?") != 0) {  // the end of the file came first
            report_unclosed();
            throw StopReading{};
        }
        Node node;
        const Node* key = pending_key();
        node.span =
            length == 0 && key != nullptr ? key->span : source_.span(offset, offset + length);
        node.origin = {node.span.file, node.span.line, node.span.column, node.span.column};
        place(std::move(node));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        const std::size_t offset = offset_of(mark);
        report_alias(offset);
        Node node;
        node.span = source_.span(offset, offset + 1);
        place(std::move(node));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  const std::string& value) override {
        const std::size_t offset = offset_of(mark);
        refuse_tab(offset);
        const ScalarToken token = find_token(source_.text(), offset, value);
        Node node;
        node.span = source_.span(token.begin, token.end);
        node.origin = text_origin(source_, token, value);
        node.text = value;
        node.is_secret = secrets_.touch(token.begin, token.end);
        if (!token.is_closed) {
            error(node.span, "the quote is never closed", "add the closing quote");
            throw StopReading{};
        }
        node.quoted = token.style != ScalarToken::Style::Plain;
        plain_end_ = node.quoted ? std::string::npos : token.end;
        node.kind = node.quoted || tag == "!" ? Node::Kind::String : plain_kind(value);
        apply_tag(node, tag, offset);
        if (!node.quoted && value.starts_with("<span")) strip_span(node);
        place(std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                         YAML::EmitterStyle::value style) override {
        start(Node::Kind::List, "seq", mark, tag, style);
    }
    void OnSequenceEnd() override { end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                    YAML::EmitterStyle::value style) override {
        start(Node::Kind::Map, "map", mark, tag, style);
    }
    void OnMapEnd() override { end(); }

    /// Reports the innermost `[` or `{` that is still open, or what kept it from being closed.
    void report_unclosed() {
        const Node& open = open_.back().node;
        const std::string_view text = source_.text();
        const std::size_t next = plain_end_ == std::string::npos
                                     ? plain_end_
                                     : text.find_first_not_of(" \t", plain_end_);
        if (next != std::string::npos && std::string_view("[{?").find(text[next]) != text.npos) {
            return report_ended_text(next);
        }
        error(open.span, fmt::format("'{}' is not closed", open.is_list() ? '[' : '{'),
              fmt::format("close it with '{}'", open.is_list() ? ']' : '}'));
    }

    /// The character at `offset` stands in an unquoted text and has a meaning of its own in flow.
    void report_ended_text(std::size_t offset) {
        const bool is_list = !open_.empty() && open_.back().node.is_list();
        error(source_.span(offset, offset + 1),
              fmt::format("'{}' ends an unquoted text inside '{}'", source_.text()[offset],
                          is_list ? '[' : '{'),
              "quote the text");
    }

    /// Whether what is read now is inside `[` or `{`.
    [[nodiscard]] bool is_in_flow() const { return !open_.empty() && open_.back().is_flow; }

    void report_alias(std::size_t offset) {
        const std::string_view rest = std::string_view(source_.text()).substr(offset);
        const std::size_t end = std::min(rest.find_first_of(" \t\n,]}"), rest.size());
        error(source_.span(offset, offset + end),
              fmt::format("YAML alias{} is not supported", naming(offset, offset + end)),
              "write the value out at this place");
    }

    void error(const SourceSpan& where, const std::string& message, std::string hint = {},
               ErrorCode code = ErrorCode::YamlSyntax) {
        last_error_line_ = where.line;
        diagnostics_.error(code, message, where, std::move(hint));
    }

 private:
    [[nodiscard]] std::size_t offset_of(const YAML::Mark& mark) const {
        const auto offset = static_cast<std::size_t>(std::max(mark.pos, 0));
        return std::min(offset, source_.text().size());
    }

    /// ` 'text'` for a message; empty if that may be a secret.
    [[nodiscard]] std::string naming(std::size_t begin, std::size_t end) const {
        if (secrets_.touch(begin, end)) return {};
        return fmt::format(" '{}'", std::string_view(source_.text()).substr(begin, end - begin));
    }
    [[nodiscard]] static std::string naming(const Node& node) {
        return node.is_secret ? std::string() : fmt::format(" '{}'", node.text);
    }

    [[nodiscard]] const Node* pending_key() const {
        return !open_.empty() && open_.back().key ? &*open_.back().key : nullptr;
    }

    /// Whether the next node stands where a key of a map belongs.
    [[nodiscard]] bool expects_key() const {
        return !open_.empty() && open_.back().node.is_map() && !open_.back().key;
    }

    void start(Node::Kind kind, std::string_view tag_name, const YAML::Mark& mark,
               const std::string& tag, YAML::EmitterStyle::value style) {
        const std::size_t offset = offset_of(mark);
        refuse_tab(offset);
        Open open;
        open.offset = offset;
        open.is_flow = style == YAML::EmitterStyle::Flow;
        open.is_key = expects_key();
        open.node.kind = kind;
        const Node* key = pending_key();
        open.node.span =
            !open.is_flow && key != nullptr ? key->span : source_.span(offset, offset + 1);
        if (!tag.empty() && tag != "?" && tag != "!" &&
            tag != fmt::format("{}{}", kStandardTag, tag_name)) {
            report_tag(offset);
        }
        if (open_.size() == kMaxDepth) {
            error(open.node.span, "nested deeper than 100 levels");
            throw StopReading{};
        }
        open_.push_back(std::move(open));
    }

    void end() {
        Open done = std::move(open_.back());
        open_.pop_back();
        Node& node = done.node;
        const bool takes_first_span = !done.is_flow && !done.is_key && pending_key() == nullptr;
        if (takes_first_span && !node.members.empty()) node.span = node.members.front().first.span;
        if (done.is_key) report_complex_key(done.offset, node.span);
        if (done.is_slot || done.is_key) {  // keeps the tree whole; the mistake is reported
            Node text;
            text.kind = Node::Kind::String;
            text.text = "null";  // a harmless value wherever it is compiled
            text.span = node.span;
            node = std::move(text);
        }
        place(std::move(node));
    }

    /// Puts a finished node where it belongs: root, item, key or value.
    void place(Node node) {
        if (++count_ > kMaxNodes) {
            error(node.span, "the file has more than 100,000 values", "split it");
            throw StopReading{};
        }
        if (open_.empty()) {
            if (!node.is_null()) roots_.push_back(std::make_unique<Node>(std::move(node)));
            return;
        }
        Open& parent = open_.back();
        if (parent.node.is_list()) {
            parent.node.items.push_back(std::move(node));
        } else if (!parent.key) {
            parent.key = std::move(node);
        } else {
            add_member(parent, std::move(node));
        }
    }

    void add_member(Open& parent, Node value) {
        Node key = *std::exchange(parent.key, std::nullopt);
        if (parent.is_slot) return;
        if (!key.quoted && key.text == "<<") {
            error(key.span, "YAML merge key '<<' is not supported", "write the keys out");
            return;
        }
        if (key.is_null()) {
            error(key.span, "a key is missing before ':'");
            return;
        }
        const auto [known, is_new] = parent.lines.emplace(key.text, key.span.line);
        if (!is_new) {
            error(key.span,
                  fmt::format("duplicate key{}, first at line {}", naming(key), known->second),
                  "keep one of them", ErrorCode::DuplicateKey);
            return;
        }
        parent.node.members.emplace_back(std::move(key), std::move(value));
    }

    /// A map or list as a key: most often `{{ ... }}` without quotes, a flow map in a flow map.
    void report_complex_key(std::size_t offset, const SourceSpan& where) {
        Open& parent = open_.back();
        const bool is_slot = parent.is_flow && offset == parent.offset + 1 &&
                             std::string_view(source_.text()).substr(offset - 1, 2) == "{{";
        if (!is_slot) {
            error(where, "a key must be a text");
            return;
        }
        parent.is_slot = true;
        const bool in_flow = open_.size() > 1 && open_[open_.size() - 2].is_flow;
        const std::size_t begin = offset - 1;
        const UnquotedSlot slot =
            unquoted_slot(source_.line_at(begin), begin - source_.line_begin(begin), in_flow);
        error(source_.span(begin, begin + slot.length),
              "'{{ }}' without quotes is a map in YAML: quote the value",
              secrets_.touch(begin, begin + slot.length)
                  ? "put it into double quotes"
                  : fmt::format("write: {}", without_secrets(slot.fixed_line)));
    }

    /// `offset` is that of the node, which begins with its tag or its anchor.
    void report_tag(std::size_t offset) {
        const std::string_view text = source_.text();
        const std::size_t begin = std::min(text.find('!', offset), text.size());
        const std::size_t end = std::min(text.find_first_of(" \t\n,]}", begin), text.size());
        error(source_.span(begin, end), fmt::format("unknown tag{}", naming(begin, end)),
              "known tags: !expr, !text", ErrorCode::NotSupported);
    }

    void apply_tag(Node& node, const std::string& tag, std::size_t offset) {
        using Kind = Node::Kind;
        if (tag.empty() || tag == "?" || tag == "!") return;
        if (tag == "!expr" || tag == "!text") {
            node.tag = tag.substr(1);
            node.kind = Kind::String;
            return;
        }
        const Kind written = plain_kind(node.text);
        const std::string_view name =
            tag.starts_with(kStandardTag) ? std::string_view(tag).substr(kStandardTag.size()) : "";
        const bool is_known =
            name == "str" || name == "int" || name == "float" || name == "bool" || name == "null";
        if (!is_known) return report_tag(offset);
        const bool fits = name == "str" || (name == "int" && written == Kind::Int) ||
                          (name == "bool" && written == Kind::Bool) ||
                          (name == "null" && written == Kind::Null) ||
                          (name == "float" && (written == Kind::Float || written == Kind::Int));
        if (!fits) {
            return error(node.span, fmt::format("{} is not of type '{}'", quoted_text(node), name));
        }
        node.kind = name == "str" ? Kind::String : name == "float" ? Kind::Float : written;
    }

    /// Removes what a documentation generator left round a value:
    /// `<span v-pre>"SELECT 1"</span>`.
    void strip_span(Node& node) {
        const auto inner = inside_span(node.text);
        if (!inner) return;
        diagnostics_.warning(ErrorCode::YamlSyntax, "'<span v-pre>' around the value was removed",
                             node.span, "delete '<span v-pre>' and '</span>'");
        node.origin = node.origin.advanced(node.text, inner->offset);
        node.text = inner->text;
        node.quoted = inner->is_quoted;
        node.kind = inner->is_quoted ? Node::Kind::String : plain_kind(node.text);
    }

    /// A tab in front of a block's first token: this library would take it for one column.
    void refuse_tab(std::size_t offset) {
        if (!open_.empty() && open_.back().is_flow) return;
        const std::string_view text = source_.text();
        std::size_t begin = offset;
        bool has_tab = false;
        while (begin > 0 && (text[begin - 1] == ' ' || text[begin - 1] == '\t')) {
            has_tab = has_tab || text[begin - 1] == '\t';
            --begin;
        }
        if (!has_tab || (begin > 0 && text[begin - 1] != '\n')) return;
        error(source_.span(begin, offset), "tab used as indentation", "indent with spaces");
        throw StopReading{};
    }

    const SourceText& source_;
    const Secrets secrets_;
    Diagnostics& diagnostics_;
    std::vector<std::unique_ptr<Node>> roots_;
    std::vector<Open> open_;
    std::size_t count_ = 0;
    bool has_document_ = false;
    int last_error_line_ = 0;
    std::size_t plain_end_ = std::string::npos;  ///< Behind the last scalar, if it was plain.
};

struct Explanation {
    std::string_view theirs;  ///< The library's message.
    std::string_view ours;
    std::string_view hint;
};

constexpr std::string_view kIndentationHint = "check the indentation here and above";

constexpr Explanation kExplanations[] = {
    {"illegal map value", "unexpected ':'",
     "quote a text that contains ': ', and check the indentation here and above"},
    {"illegal map key", "unexpected key", kIndentationHint},
    {"illegal block entry", "unexpected '-'", kIndentationHint},
    {"illegal flow end", "closing bracket without an opening one", "remove it or quote the text"},
    {"end of map not found", "unexpected text after a value",
     "check the indentation, that a key ends with ':', and that nothing follows a closing quote"},
    {"end of sequence not found", "unexpected text after a list item", kIndentationHint},
    {"unknown token", "a text cannot begin with this character", "quote the text"},
    {"unknown escape character", "unknown escape in double quotes",
     "write \\\\ for a backslash, or use single quotes"},
    {"cannot assign multiple tags", "two tags on one value", "keep one of them"},
};

/// The character that a pair of escapes such as `\ud83d\ude00` means, written as YAML has it; empty
/// when there is none behind `offset` on its line.
std::string escape_of_pair(const SourceText& source, std::size_t offset) {
    const std::string_view line = source.line_at(offset);
    const auto unit = [&line](std::size_t at) {
        unsigned value = 0;
        if (line.size() < at + 6 || line.substr(at, 2) != "\\u") return 0u;
        std::from_chars(line.data() + at + 2, line.data() + at + 6, value, 16);
        return value;
    };
    for (std::size_t at = line.find("\\u"); at != line.npos; at = line.find("\\u", at + 1)) {
        const unsigned high = unit(at);
        const unsigned low = unit(at + 6);
        if (high >> 10 != 0xD800 >> 10 || low >> 10 != 0xDC00 >> 10) continue;
        return fmt::format("\\U{:08X}", 0x10000 + ((high & 0x3FF) << 10 | (low & 0x3FF)));
    }
    return {};
}

bool has_tab_indentation(std::string_view line) {
    return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

void report(const YAML::Exception& failure, const SourceText& source, TreeBuilder& builder) {
    const auto size = static_cast<int>(source.text().size());
    const auto offset = static_cast<std::size_t>(std::clamp(failure.mark.pos, 0, size));
    const SourceSpan where = source.span(offset, offset + 1);
    if (where.line == builder.last_error_line()) return;  // a consequence of what was reported
    if (source.text().substr(offset, 1) == "*") return builder.report_alias(offset);
    if (has_tab_indentation(source.line_at(offset))) {
        const std::size_t tab = source.text().find('\t', source.line_begin(offset));
        return builder.error(source.span(tab, tab + 1), "tab used as indentation",
                             "indent with spaces");
    }
    if (failure.msg.ends_with("flow not found")) return builder.report_unclosed();
    if (failure.msg.starts_with("invalid unicode")) {
        const std::string escape = escape_of_pair(source, offset);
        return builder.error(where, "the escape is half a character, as JSON writes it",
                             escape.empty() ? "write the character itself"
                                            : "write the character itself, or " + escape);
    }
    if (source.text().substr(offset, 1) == "?" && builder.is_in_flow()) {
        return builder.report_ended_text(offset);
    }
    for (const Explanation& known : kExplanations) {
        if (failure.msg.starts_with(known.theirs)) {
            return builder.error(where, std::string(known.ours), std::string(known.hint));
        }
    }
    builder.error(where, failure.msg, "check the indentation and the quotes");
}

}  // namespace

Documents read_yaml(const SourceText& source, Diagnostics& diagnostics) {
    TreeBuilder builder(source, diagnostics);
    bool is_complete = false;
    try {
        // The library takes a text that ends the file for a key without a colon; a comment behind
        // it makes it look again.
        std::istringstream in(source.text() + "\n#\n");
        YAML::Parser parser(in);
        while (parser.HandleNextDocument(builder)) {
        }
        is_complete = true;
    } catch (const StopReading&) {
        // reported where it was found
    } catch (const YAML::Exception& failure) {
        report(failure, source, builder);
    }
    return {builder.take_roots(), is_complete};
}

}  // namespace kdeps::workflow
