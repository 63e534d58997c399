#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "kdeps/io/descriptor.hpp"

namespace kdeps::cli {

/// The file by which a running server is found: its process id, locked for as long as the server
/// lives. Beside it, `FILE.reload` says how the last reload ended.
///
/// Threads: one caller at a time.
class PidFile {
 public:
    /// Errors: Error(InvalidValue) when another server holds it, or when it cannot be written.
    explicit PidFile(std::string path);
    ~PidFile();  ///< Removes both files.
    PidFile(const PidFile&) = delete;
    PidFile& operator=(const PidFile&) = delete;

    void begin_reload();
    void end_reload(int exit_code, const std::string& text);

 private:
    void write_outcome(const std::string& text) const;

    const std::string path_;
    io::Descriptor file_;
    std::uint64_t reloads_ = 0;
};

/// How a reload that another process made has ended.
struct ReloadOutcome {
    int exit_code;
    std::string text;
};

/// Asks the server that holds the file to reload, and waits for the outcome.
///
/// Errors: Error(FileNotFound) when no server holds it; Error(ServiceUnavailable) when it may not
/// be
///         signalled, ends meanwhile, or has not answered within `timeout`.
[[nodiscard]] ReloadOutcome ask_for_reload(const std::string& path,
                                           std::chrono::milliseconds timeout);

}  // namespace kdeps::cli
