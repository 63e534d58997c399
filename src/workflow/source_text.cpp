#include "source_text.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

namespace kdeps::workflow {
namespace {

constexpr std::size_t kMaxFileBytes = 1u << 20;

struct TextFlaw {
    std::size_t offset;
    std::string message;
    std::string hint;
};

std::optional<TextFlaw> control_character(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool is_c1 =
            byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        if (byte == '\t' || byte == '\n' || (byte >= 0x20 && byte != 0x7F && !is_c1)) continue;
        if (byte == '\r') {
            return TextFlaw{i, "carriage return without line feed", "end lines with LF or CR LF"};
        }
        const int code = is_c1 ? static_cast<unsigned char>(text[i + 1]) : byte;
        return TextFlaw{i, fmt::format("control character U+{:04X}", code),
                        "remove it, or write it as an escape in double quotes"};
    }
    return std::nullopt;
}

std::optional<TextFlaw> first_flaw(std::string_view text) {
    const auto bad = invalid_utf8(text);
    auto control = control_character(text.substr(0, bad.value_or(text.size())));
    if (control || !bad) return control;
    const auto byte = static_cast<unsigned char>(text[*bad]);
    return TextFlaw{*bad, fmt::format("byte 0x{:02X} is not valid UTF-8", byte),
                    "save the file as UTF-8"};
}

/// Drops a byte order mark and the CR of every CR LF.
std::string normalised(std::string text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    std::size_t out = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        text[out++] = text[i];
    }
    text.resize(out);
    return text;
}

}  // namespace

SourceText::SourceText(std::string file, std::string text)
    : file_(std::move(file)), text_(std::move(text)), line_starts_{0} {
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '\n') line_starts_.push_back(i + 1);
    }
}

std::size_t SourceText::line_index(std::size_t offset) const {
    const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    return static_cast<std::size_t>(after - line_starts_.begin()) - 1;
}

std::size_t SourceText::line_begin(std::size_t offset) const {
    return line_starts_[line_index(offset)];
}

std::size_t SourceText::line_end(std::size_t offset) const {
    const std::size_t next = line_index(offset) + 1;
    return next < line_starts_.size() ? line_starts_[next] - 1 : text_.size();
}

std::string_view SourceText::line_at(std::size_t offset) const {
    const std::size_t begin = line_begin(offset);
    return std::string_view(text_).substr(begin, line_end(offset) - begin);
}

SourceSpan SourceText::span(std::size_t begin, std::size_t end) const {
    begin = std::min(begin, text_.size());
    end = std::clamp(end, begin, line_end(begin));
    const std::string_view text = text_;
    const std::size_t line = line_index(begin);
    if (counted_offset_ < line_starts_[line] || counted_offset_ > begin) {
        counted_offset_ = line_starts_[line];
        counted_column_ = 1;
    }
    counted_column_ +=
        static_cast<int>(code_points(text.substr(counted_offset_, begin - counted_offset_)));
    counted_offset_ = begin;
    const auto length = static_cast<int>(code_points(text.substr(begin, end - begin)));
    return {file_, static_cast<int>(line) + 1, counted_column_, std::max(length, 1)};
}

std::optional<SourceText> read_source(const std::filesystem::path& path, const std::string& file,
                                      Diagnostics& diagnostics) {
    std::error_code ignored;
    // To open one waits for somebody who writes.
    if (std::filesystem::is_fifo(path, ignored)) {
        diagnostics.error(ErrorCode::FileNotFound, "a pipe is no file to read", {.file = file},
                          "take it out of the folder");
        return std::nullopt;
    }
    std::ifstream in(path, std::ios::binary);
    std::string bytes(kMaxFileBytes + 1, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!in.eof() && in.fail()) {
        diagnostics.error(ErrorCode::FileNotFound, "the file cannot be read", {.file = file},
                          "check that it is a file and its permissions");
        return std::nullopt;
    }
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > kMaxFileBytes) {
        diagnostics.error(ErrorCode::YamlSyntax, "the file is larger than 1 MiB", {.file = file},
                          "split it: every file in resources/ is read");
        return std::nullopt;
    }
    SourceText source(file, normalised(std::move(bytes)));
    if (const auto flaw = first_flaw(source.text())) {
        diagnostics.error(ErrorCode::YamlSyntax, flaw->message,
                          source.span(flaw->offset, flaw->offset + 1), flaw->hint);
        return std::nullopt;
    }
    return source;
}

}  // namespace kdeps::workflow
