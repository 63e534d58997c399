#include "kdeps/io/descriptor.hpp"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kdeps/base/error.hpp"
#include "kdeps/io/wakeup.hpp"

#include "support/file_limit.hpp"
#include "support/sanitizers.hpp"

namespace kdeps::io {
namespace {

using namespace std::chrono_literals;

TEST(DescriptorTest, OwnerClosesAndMovesOn) {
    DescriptorPair pipe = pipe_pair();
    const Descriptor reader = std::move(pipe.first);
    EXPECT_FALSE(pipe.first.is_open());
    EXPECT_FALSE(await_readable(reader.get(), Deadline::after(0s)));
    pipe.second = Descriptor();  // the last writer: the reader sees the end
    EXPECT_TRUE(await_readable(reader.get(), Deadline::after(0s)));
    char byte = 0;
    EXPECT_EQ(read(reader.get(), &byte, 1), 0);
}

TEST(DescriptorTest, LackOfDescriptorsIsSaid) {
    // UBSan looks at an object through a pipe, and takes it for broken when it gets none.
    if (test::kIsSanitized) return;
    const test::FileLimit none(0);
    try {
        static_cast<void>(pipe_pair());
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "no pipe could be made: Too many open files");
        EXPECT_EQ(error.detail().hint, "raise the limit of open files (ulimit -n)");
    }
}

TEST(DescriptorTest, ShutDownWakesTheOtherEnd) {
    const DescriptorPair pair = socket_pair(SOCK_STREAM);
    const Descriptor copy = duplicate(pair.first.get());
    ASSERT_TRUE(copy.is_open());
    shut_down(copy);
    EXPECT_TRUE(await_readable(pair.second.get(), Deadline::never()));
}

/// A signal interrupts poll() as a stop and a debugger do.
TEST(DescriptorTest, WaitingSurvivesSignals) {
    struct sigaction before {};
    struct sigaction ignore {};
    ignore.sa_handler = [](int) {};
    sigaction(SIGUSR1, &ignore, &before);
    const Descriptor event = make_event();
    const auto start = std::chrono::steady_clock::now();
    bool is_ready = true;
    std::jthread waiter([&] { is_ready = await_readable(event.get(), Deadline::after(50ms)); });
    for (int i = 0; i < 100; ++i) {
        pthread_kill(waiter.native_handle(), SIGUSR1);
        std::this_thread::yield();
    }
    waiter.join();
    EXPECT_FALSE(is_ready);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 50ms);
    sigaction(SIGUSR1, &before, nullptr);
}

TEST(WakeupTest, StopAndNotifyMakeItReadable) {
    std::stop_source source;
    const Wakeup stopped(source.get_token());
    const Wakeup notified(source.get_token());
    EXPECT_FALSE(await_readable(stopped.fd(), Deadline::after(0s)));
    notified.notify();
    EXPECT_TRUE(await_readable(notified.fd(), Deadline::after(0s)));
    EXPECT_FALSE(await_readable(stopped.fd(), Deadline::after(0s)));
    source.request_stop();
    EXPECT_TRUE(await_readable(stopped.fd(), Deadline::after(0s)));
}

}  // namespace
}  // namespace kdeps::io
