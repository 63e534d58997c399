#pragma once

#include <cstddef>

#include <pthread.h>

namespace kdeps::test {

/// While it lives the system refuses every further thread: none has room for such a stack.
class NoThreads {
 public:
    NoThreads() {
        pthread_getattr_default_np(&before_);
        pthread_attr_t impossible;
        pthread_attr_init(&impossible);
        pthread_attr_setstacksize(&impossible, std::size_t{1} << 60);
        pthread_setattr_default_np(&impossible);
        pthread_attr_destroy(&impossible);
    }
    ~NoThreads() {
        pthread_setattr_default_np(&before_);
        pthread_attr_destroy(&before_);
    }
    NoThreads(const NoThreads&) = delete;
    NoThreads& operator=(const NoThreads&) = delete;

 private:
    pthread_attr_t before_{};
};

}  // namespace kdeps::test
