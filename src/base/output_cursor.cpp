#include "output_cursor.hpp"

#include <algorithm>

namespace kdeps {

void OutputCursor::grow(std::size_t bytes) {
    // resize() clears what it adds, so take little at a time of what the string has reserved, and
    // reserve half as much again when it has no more.
    constexpr std::size_t kStep = 65'536;
    charge();
    const std::size_t used = size();
    if (out_.capacity() - used < bytes) expect(used / 2 + bytes + 64);
    out_.resize(std::min(out_.capacity(), used + bytes + kStep));
    next_ = out_.data() + used;
    end_ = out_.data() + out_.size();
}

void OutputCursor::expect(std::size_t bytes) {
    const std::size_t used = size();
    out_.reserve(used + bytes);
    next_ = out_.data() + used;
    end_ = out_.data() + out_.size();
}

void OutputCursor::charge() {
    if (charge_ == nullptr) return;
    const std::size_t written = size() - charged_;
    charged_ += written;
    (*charge_)(written);
}

}  // namespace kdeps
