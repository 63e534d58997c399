#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "kdeps/base/json.hpp"

namespace kdeps {

/// Appends to a string through a raw pointer: one comparison per write instead of the bookkeeping
/// of std::string::append, which halves the speed of writing tables.
class OutputCursor {
 public:
    explicit OutputCursor(std::string& out, const Charge* charge = nullptr)
        : out_(out), charge_(charge != nullptr && *charge ? charge : nullptr) {
        next_ = out_.data() + out_.size();
        end_ = next_;
        charged_ = size();
    }
    ~OutputCursor() { out_.resize(size()); }
    OutputCursor(const OutputCursor&) = delete;
    OutputCursor& operator=(const OutputCursor&) = delete;

    /// At least `bytes` writable bytes; end with advance_to().
    char* room(std::size_t bytes) {
        if (static_cast<std::size_t>(end_ - next_) < bytes) grow(bytes);
        return next_;
    }
    void advance_to(char* next) { next_ = next; }
    /// Memory for about so much, so that what is written is not moved while it grows.
    void expect(std::size_t bytes);
    /// Charges what was written since the last time. Happens by itself every 64 KiB.
    void charge();
    void put(char c) {
        *room(1) = c;
        ++next_;
    }
    void put(std::string_view text) {
        copy(room(text.size()), text.data(), text.size());
        next_ += text.size();
    }

 private:
    /// memcpy() for texts that are short as a rule: the two copies of such a text overlap, and cost
    /// less than the call.
    static void copy(char* to, const char* from, std::size_t size) {
        if (size > 16 || size < 4) {
            std::memcpy(to, from, size);
        } else if (size >= 8) {
            copy_ends<8>(to, from, size);
        } else {
            copy_ends<4>(to, from, size);
        }
    }
    template <std::size_t kBytes>
    static void copy_ends(char* to, const char* from, std::size_t size) {
        std::array<char, kBytes> first;
        std::array<char, kBytes> last;
        std::memcpy(first.data(), from, kBytes);
        std::memcpy(last.data(), from + size - kBytes, kBytes);
        std::memcpy(to, first.data(), kBytes);
        std::memcpy(to + size - kBytes, last.data(), kBytes);
    }
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(next_ - out_.data()); }
    void grow(std::size_t bytes);

    std::string& out_;
    const Charge* charge_;
    std::size_t charged_;
    char* next_;
    char* end_;
};

}  // namespace kdeps
