#include "search.hpp"

#include <cstring>
#include <string>

namespace kdeps::expr {

std::size_t find_text(std::string_view text, std::string_view part, std::size_t from) {
    if (from > text.size()) return std::string_view::npos;
    if (part.empty()) return from;
    // glibc's memmem is the two-way algorithm: linear in the worst case, no memory.
    const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t find_last_text(std::string_view text, std::string_view part) {
    const std::string backwards(text.rbegin(), text.rend());
    const std::string part_backwards(part.rbegin(), part.rend());
    const std::size_t found = find_text(backwards, part_backwards, 0);
    return found == std::string_view::npos ? found : text.size() - found - part.size();
}

}  // namespace kdeps::expr
