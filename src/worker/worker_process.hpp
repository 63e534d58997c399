#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include <sys/types.h>

#include "kdeps/io/descriptor.hpp"

#include "patience.hpp"
#include "zygote.hpp"

namespace kdeps::worker {

/// What a worker wrote to stdout or stderr during one call.
struct Capture {
    std::string text;
    std::size_t dropped_bytes = 0;

    void add(std::string_view more, std::size_t max_bytes);
    /// The text, with a note if something was dropped.
    [[nodiscard]] std::string finish() &&;
};

/// What stands before each frame: the length of its contents.
inline constexpr std::size_t kFrameHeader = sizeof(std::uint32_t);

/// One forked worker: its process, socket and output pipes.
///
/// Threads: one caller at a time.
class WorkerProcess {
 public:
    /// Null if the zygote is gone.
    ///
    /// Errors: as for Zygote::fork_worker().
    [[nodiscard]] static std::unique_ptr<WorkerProcess> start(std::shared_ptr<Zygote> zygote,
                                                              const Patience& patience);

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Whether it and its zygote still run, looked up without waiting.
    [[nodiscard]] bool is_alive() const;
    /// Kills it and everything it started, and waits a while for that; nullopt if nobody knows its
    /// status.
    std::optional<int> end();
    /// How the process that forked it ended; empty while that runs.
    [[nodiscard]] std::string zygote_end() const { return zygote_->end_text(); }

    /// Sends a frame: `message` begins with kFrameHeader bytes of room for the length.
    ///
    /// Errors: CallEnded.
    void send(std::string& message, const Patience& patience);
    /// The next frame's contents, at most `max_bytes`; valid until the next call.
    ///
    /// Errors: CallEnded.
    [[nodiscard]] std::string_view receive(std::size_t max_bytes, const Patience& patience);

    /// Starts collecting output anew, at most `max_bytes` of each stream.
    void begin_output(std::size_t max_bytes);
    /// Takes in what is in the pipes now.
    void drain_output();
    [[nodiscard]] Capture take_stdout() { return std::move(stdout_capture_); }
    [[nodiscard]] Capture take_stderr() { return std::move(stderr_capture_); }

    std::unordered_set<std::int64_t> known_scripts;  ///< It may have forgotten some of them.
    std::uint32_t calls = 0;

 private:
    WorkerProcess() = default;
    [[nodiscard]] bool fill(std::size_t size);
    void wait(short socket_events, const Patience& patience);
    void drain(io::Descriptor& pipe, Capture& capture) const;

    std::shared_ptr<Zygote> zygote_;
    pid_t pid_ = -1;
    io::Descriptor pid_fd_;
    io::Descriptor socket_;
    io::Descriptor stdout_;
    io::Descriptor stderr_;
    std::string inbox_;
    std::size_t received_ = 0;
    std::size_t max_output_bytes_ = 0;
    Capture stdout_capture_;
    Capture stderr_capture_;
};

}  // namespace kdeps::worker
