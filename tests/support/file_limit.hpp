#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace kdeps::test {

/// While it lives this process can open `count` files more.
class FileLimit {
 public:
    explicit FileLimit(rlim_t count) {
        getrlimit(RLIMIT_NOFILE, &before_);
        const int lowest_free = open("/dev/null", O_RDONLY | O_CLOEXEC);
        close(lowest_free);
        rlimit tight = before_;
        tight.rlim_cur = static_cast<rlim_t>(lowest_free) + count;
        setrlimit(RLIMIT_NOFILE, &tight);
    }
    ~FileLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
    FileLimit(const FileLimit&) = delete;
    FileLimit& operator=(const FileLimit&) = delete;

 private:
    rlimit before_{};
};

}  // namespace kdeps::test
