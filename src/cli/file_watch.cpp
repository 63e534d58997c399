#include "file_watch.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "kdeps/base/error.hpp"
#include "kdeps/io/task_threads.hpp"

namespace kdeps::cli {

namespace {

namespace fs = std::filesystem;

/// Longer than an editor needs from one step of saving to the next.
constexpr std::chrono::milliseconds kQuiet{100};
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR;

bool is_watched_name(std::string_view name) {
    // Under the second name Kubernetes exchanges all files of a volume at once.
    if (name == ".env" || name == "..data") return true;
    if (name.starts_with('.')) return false;
    return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".py");
}

}  // namespace

FileWatch::FileWatch(fs::path folder)
    : folder_(std::move(folder)),
      events_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      end_(io::make_event()) {
    watch(folder_);
    watch_below();
}

FileWatch::~FileWatch() {
    io::notify(end_);
    if (thread_.joinable()) thread_.join();
}

void FileWatch::start(std::function<void()> changed) {
    changed_ = std::move(changed);
    thread_ = io::start_thread([this] { listen(); });
}

void FileWatch::watch(const fs::path& folder) {
    const int watch = inotify_add_watch(events_.get(), folder.c_str(), kEvents);
    if (watch >= 0) {
        folders_[watch] = folder;
    } else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
        throw Error(ErrorCode::Internal,
                    fmt::format("cannot watch '{}': {}", folder.string(),
                                std::generic_category().message(errno)),
                    {.hint = "raise fs.inotify.max_user_watches or max_user_instances, or reload "
                             "with SIGHUP instead of --watch"});
    }
}

void FileWatch::watch_below() {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
        const bool is_hidden = entry.path().filename().string().starts_with('.');
        if (!is_hidden && entry.is_directory(ignored)) watch(entry.path());
    }
}

void FileWatch::listen() {
    Deadline quiet_until = Deadline::never();
    std::array<pollfd, 2> entries = {{{events_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    for (;;) {
        if (!io::await_ready(entries, quiet_until)) {
            quiet_until = Deadline::never();
            changed_();
        } else if (entries[1].revents != 0) {
            return;
        } else if (read_events()) {
            quiet_until = Deadline::after(kQuiet);
        }
    }
}

bool FileWatch::read_events() {
    alignas(inotify_event) std::array<char, 16u << 10> buffer;
    const ssize_t size = read(events_.get(), buffer.data(), buffer.size());
    bool has_changed = false;
    for (ssize_t at = 0; at < size;) {
        inotify_event event;
        std::memcpy(&event, buffer.data() + at, sizeof event);
        const char* const name = buffer.data() + at + sizeof event;
        has_changed |= is_change(event.wd, event.mask, event.len > 0 ? name : "");
        at += static_cast<ssize_t>(sizeof event + event.len);
    }
    return has_changed;
}

bool FileWatch::is_change(int watch, std::uint32_t mask, std::string_view name) {
    if ((mask & IN_Q_OVERFLOW) != 0) return true;
    const auto folder = folders_.find(watch);
    if (folder == folders_.end()) return false;
    if ((mask & IN_IGNORED) != 0) {
        folders_.erase(folder);
        return false;
    }
    const fs::path path = folder->second / name;
    if ((mask & IN_ISDIR) != 0) {
        if (folder->second != folder_ || name.starts_with('.')) return false;
        try {
            this->watch(path);  // no harm when it is gone
        } catch (const Error&) {
            // The next reload still reads it.
        }
        return true;
    }
    if (!is_watched_name(name)) return false;
    // A new regular file is told again once it is written; a link is complete.
    std::error_code ignored;
    return (mask & IN_CREATE) == 0 || fs::is_symlink(fs::symlink_status(path, ignored)) ||
           fs::hard_link_count(path, ignored) > 1;
}

}  // namespace kdeps::cli
