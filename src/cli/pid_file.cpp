#include "pid_file.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps::cli {

namespace {

std::string outcome_path(const std::string& path) {
    return path + ".reload";
}

std::string reason() {
    return std::generic_category().message(errno);
}

/// Whether the open file still has this name: a server that ends removes it.
bool is_at(int file, const std::string& path) {
    struct stat open_one {};
    struct stat named {};
    return fstat(file, &open_one) == 0 && stat(path.c_str(), &named) == 0 &&
           open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

std::optional<int> pid_in(int file) {
    std::string text(32, '\0');
    const ssize_t size = pread(file, text.data(), text.size(), 0);
    const auto pid =
        parse_int64(trim(text.substr(0, size > 0 ? static_cast<std::size_t>(size) : 0)));
    return pid ? std::optional(static_cast<int>(*pid)) : std::nullopt;
}

/// `FILE.reload`: a number that counts reloads, "running" or "done", and then the exit code, alone
/// on the first line; what is wrong below.
struct Progress {
    std::uint64_t number = 0;
    bool is_done = true;
    ReloadOutcome outcome{};
};

Progress progress_of(const std::string& path) {
    std::ifstream file(outcome_path(path));
    Progress progress;
    std::string state;
    if (!(file >> progress.number >> state)) return {};
    progress.is_done = state == "done";
    if (progress.is_done) file >> progress.outcome.exit_code;
    file.ignore(1);
    progress.outcome.text.assign(std::istreambuf_iterator<char>(file), {});
    return progress;
}

/// Whether a server holds the open pid file.
bool is_held(int file) {
    if (flock(file, LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK;
    (void)flock(file, LOCK_UN);
    return false;
}

}  // namespace

PidFile::PidFile(std::string path) : path_(std::move(path)) {
    do {
        file_ = io::Descriptor(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
        if (!file_.is_open()) {
            throw Error(ErrorCode::InvalidValue,
                        fmt::format("cannot write pid file '{}': {}", path_, reason()),
                        {.hint = "name a file in a folder that this user may write to"});
        }
        if (flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
            throw Error(ErrorCode::InvalidValue,
                        fmt::format("pid file '{}' is that of a running server, process {}", path_,
                                    pid_in(file_.get()).value_or(0)),
                        {.hint = "stop that one, or name another file"});
        }
    } while (!is_at(file_.get(), path_));
    (void)unlink(outcome_path(path_).c_str());  // of one that was killed
    const std::string text = fmt::format("{}\n", getpid());
    if (ftruncate(file_.get(), 0) != 0 || write(file_.get(), text.data(), text.size()) < 0) {
        throw Error(ErrorCode::InvalidValue,
                    fmt::format("cannot write pid file '{}': {}", path_, reason()));
    }
}

PidFile::~PidFile() {
    (void)unlink(outcome_path(path_).c_str());
    (void)unlink(path_.c_str());
}

void PidFile::begin_reload() {
    write_outcome(fmt::format("{} running\n", ++reloads_));
}

void PidFile::end_reload(int exit_code, const std::string& text) {
    write_outcome(fmt::format("{} done {}\n{}", reloads_, exit_code, text));
}

void PidFile::write_outcome(const std::string& text) const {
    const std::string path = outcome_path(path_);
    const std::string fresh = path + ".new";
    std::ofstream(fresh) << text;
    (void)rename(fresh.c_str(), path.c_str());  // a reader sees one or the other
}

ReloadOutcome ask_for_reload(const std::string& path, std::chrono::milliseconds timeout) {
    constexpr std::chrono::milliseconds kPause{20};
    const io::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto pid = file.is_open() && is_held(file.get()) ? pid_in(file.get()) : std::nullopt;
    if (!pid) {
        throw Error(ErrorCode::FileNotFound, fmt::format("no server runs with pid file '{}'", path),
                    {.hint = "name the file that `kdeps run --pid-file` was given"});
    }
    // A reload that begins from here on sees the files as they are; one that runs may not.
    const Progress before = progress_of(path);
    if (kill(*pid, SIGHUP) != 0) {
        throw Error(ErrorCode::ServiceUnavailable,
                    fmt::format("cannot signal process {}: {}", *pid, reason()),
                    {.hint = "run this as the user of the server, or as root"});
    }
    const std::uint64_t wanted = before.number + (before.is_done ? 1 : 2);
    const Deadline deadline = Deadline::after(timeout);
    for (;;) {
        Progress now = progress_of(path);
        if (now.number >= wanted && now.is_done) return std::move(now.outcome);
        if (!is_held(file.get())) {
            throw Error(ErrorCode::ServiceUnavailable, "the server ended during the reload");
        }
        if (deadline.is_expired()) {
            throw Error(ErrorCode::ServiceUnavailable,
                        fmt::format("the server has not reloaded within {} ms", timeout.count()),
                        {.hint = "its log says what it waits for"});
        }
        std::this_thread::sleep_for(kPause);
    }
}

}  // namespace kdeps::cli
