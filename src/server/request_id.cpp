#include "request_id.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <random>

#include "kdeps/base/text.hpp"

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
    const std::array<std::uint64_t, 2> words{generator(), generator()};
    return uuid_text(std::bit_cast<std::array<unsigned char, 16>>(words));
}

bool is_request_id(std::string_view text) {
    return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '_' || c == '-';
    });
}

}  // namespace kdeps::server
