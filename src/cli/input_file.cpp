#include "input_file.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "kdeps/base/error.hpp"
#include "kdeps/io/descriptor.hpp"

namespace kdeps::cli {

namespace {

[[noreturn]] void fail(const std::string& path, std::string_view option) {
    throw Error(ErrorCode::FileNotFound,
                fmt::format("cannot read '{}': {}", path, std::generic_category().message(errno)),
                {.hint = fmt::format("{} names a file, or - for standard input", option)});
}

}  // namespace

std::string read_input_file(const std::string& path, std::string_view option) {
    const io::Descriptor file(path == "-"
                                  ? io::duplicate(STDIN_FILENO)
                                  : io::Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC)));
    if (!file.is_open()) fail(path, option);
    std::string text;
    std::array<char, 64u << 10> buffer;
    for (;;) {
        const ssize_t count = read(file.get(), buffer.data(), buffer.size());
        if (count == 0) return text;
        if (count > 0) {
            text.append(buffer.data(), static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            fail(path, option);
        }
    }
}

}  // namespace kdeps::cli
