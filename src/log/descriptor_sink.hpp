#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <spdlog/sinks/sink.h>

#include "kdeps/io/descriptor.hpp"

namespace kdeps::log {

/// What the queue of lines tells the sink at its end.
struct QueueState {
    std::size_t waiting = 0;  ///< Lines that are still in the queue.
    std::size_t dropped = 0;  ///< Lines that left it unseen, since the start.
};

/// The end of the log's queue: writes its lines to a descriptor, many with one call. Waits for a
/// reader that does not read, until it is told to close.
///
/// Threads: the queue's thread calls log(), any thread the rest.
class DescriptorSink final : public spdlog::sinks::sink {
 public:
    using Clock = std::chrono::steady_clock;

    /// `dropped_line` is the line that tells how many lines were dropped.
    DescriptorSink(int descriptor, std::function<std::string(std::size_t)> dropped_line);

    /// REQUIRES: called once, before the first line.
    void set_queue(std::function<QueueState()> state) { queue_ = std::move(state); }

    void log(const spdlog::details::log_msg& message) override;
    void flush() override {}
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

    /// Ends the pause in which lines are collected.
    void hurry();
    /// Waits until `lines` lines were written or dropped.
    void wait_for(std::size_t lines, Clock::time_point deadline);
    /// From now on lines are not collected, and from `deadline` on they are not waited for.
    void close(Clock::time_point deadline);

 private:
    void write_collected();
    [[nodiscard]] bool wait_writable(int descriptor) const;

    const std::function<std::string(std::size_t)> dropped_line_;
    std::function<QueueState()> queue_;
    const int given_;
    const io::Descriptor own_;   ///< The given pipe or terminal, opened again not to block.
    const std::size_t portion_;  ///< Bytes that a write takes without blocking.
    std::string collected_;
    std::size_t collected_lines_ = 0;
    std::size_t told_ = 0;  ///< How many dropped lines were told of.
    std::atomic<Clock::rep> deadline_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t written_ = 0;
    bool is_urgent_ = false;
    std::atomic<bool> is_closing_ = false;
};

}  // namespace kdeps::log
