#include "output_cursor.hpp"

#include <algorithm>

namespace kdeps {

void OutputCursor::grow(std::size_t bytes) {
    // resize() clears what it adds, so take little at a time of what the string has reserved, and
    // grow by half when it has no more.
    constexpr std::size_t kStep = 65'536;
    const std::size_t used = size();
    std::size_t wanted = std::min(out_.capacity(), used + bytes + kStep);
    if (wanted < used + bytes) wanted = used + used / 2 + bytes + 64;
    out_.resize(wanted);
    next_ = out_.data() + used;
    end_ = out_.data() + out_.size();
}

}  // namespace kdeps
