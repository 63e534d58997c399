#include "request_id.hpp"

#include <algorithm>
#include <random>

namespace kdeps::server {
namespace {

std::mt19937_64 seeded_generator() {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
}

}  // namespace

std::string new_request_id() {
    thread_local std::mt19937_64 generator = seeded_generator();
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
    std::uint64_t bits = 0;
    std::size_t used = 16;
    for (char& c : text) {
        if (c != 'x' && c != 'v') continue;
        if (used == 16) {
            bits = generator();
            used = 0;
        }
        const std::uint64_t nibble = bits & 0xF;
        bits >>= 4;
        ++used;
        c = kDigits[c == 'v' ? 8 + nibble % 4 : nibble];  // v: the variant of RFC 4122
    }
    return text;
}

bool is_request_id(std::string_view text) {
    return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '_' || c == '-';
    });
}

}  // namespace kdeps::server
