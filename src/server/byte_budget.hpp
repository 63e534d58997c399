#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace kdeps::server {

/// How many bytes of one sort all connections hold together.
///
/// Threads: safe to share.
class ByteBudget {
 public:
    /// `on_exceeded` is called by whoever asks for more than is left.
    explicit ByteBudget(std::size_t limit, std::function<void()> on_exceeded = {})
        : limit_(limit), on_exceeded_(std::move(on_exceeded)) {}

    [[nodiscard]] std::size_t excess() const {
        const std::size_t used = used_.load(std::memory_order_relaxed);
        return used > limit_ ? used - limit_ : 0;
    }

 private:
    friend class ByteShare;

    const std::size_t limit_;
    const std::function<void()> on_exceeded_;
    std::atomic<std::size_t> used_{0};
};

/// One connection's part of a budget; the end of its scope gives it back.
///
/// Threads: bytes() from any; the rest belongs to the connection's owner.
class ByteShare {
 public:
    explicit ByteShare(ByteBudget& budget) : budget_(budget) {}
    ~ByteShare() { resize(0); }
    ByteShare(const ByteShare&) = delete;
    ByteShare& operator=(const ByteShare&) = delete;

    [[nodiscard]] std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
    /// The bytes count whether or not they fit. False when all shares together are too much.
    bool resize(std::size_t bytes) {
        const std::size_t before = bytes_.exchange(bytes, std::memory_order_relaxed);
        if (bytes <= before) {
            if (bytes < before) budget_.used_ -= before - bytes;
            return true;
        }
        budget_.used_ += bytes - before;
        if (budget_.excess() == 0) return true;
        if (budget_.on_exceeded_) budget_.on_exceeded_();
        return false;
    }

 private:
    ByteBudget& budget_;
    std::atomic<std::size_t> bytes_{0};
};

}  // namespace kdeps::server
