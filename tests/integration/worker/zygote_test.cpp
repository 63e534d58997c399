// A zygote that is slow, stuck, full or killed.

#include "zygote.hpp"

#include <array>
#include <filesystem>
#include <future>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "support/temp_dir.hpp"

namespace kdeps::worker {
namespace {

using namespace std::chrono_literals;

class ZygoteTest : public testing::Test {
 protected:
    /// The real one.
    void start(std::chrono::milliseconds patience = 60s) {
        zygote_.emplace(
            ZygoteCommand{{KDEPS_TEST_KDEPS_PYTHON, KDEPS_TEST_PYTHON_PATH}, "/tmp", {}, patience});
    }
    /// A program that does something else.
    void start_script(const std::string& text, std::chrono::milliseconds patience = 60s) {
        const std::string program = dir_.write("program", text);
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
        zygote_.emplace(ZygoteCommand{{program}, "/tmp", {}, patience});
    }
    std::optional<pid_t> fork_worker(Deadline deadline) {
        const int null = null_.get();
        return zygote_->fork_worker(std::array<int, 3>{null, null, null}, {deadline, nullptr});
    }
    /// How a wait for a worker ended that was given no time.
    bool leaves_at_once() {
        try {
            static_cast<void>(fork_worker(Deadline::after(0s)));
        } catch (const CallEnded& end) {
            return end.why == CallEnded::Why::Deadline;
        }
        return false;
    }
    Error error_of(Deadline deadline) {
        try {
            static_cast<void>(fork_worker(deadline));
        } catch (const Error& error) {
            return error;
        }
        return {ErrorCode::Internal, "no error"};
    }
    [[nodiscard]] std::string program() const { return dir_.path() / "program"; }

    const kdeps::test::TempDir dir_;
    const io::Descriptor null_{open("/dev/null", O_RDWR | O_CLOEXEC)};
    std::optional<Zygote> zygote_;
};

TEST_F(ZygoteTest, SomebodyWhoLeftEarlyDoesNotMakeItLookStuck) {
    start(1ms);
    kill(zygote_->pid(), SIGSTOP);
    EXPECT_TRUE(leaves_at_once());
    kill(zygote_->pid(), SIGCONT);
    std::this_thread::sleep_for(2ms);
    EXPECT_TRUE(fork_worker(Deadline::after(60s)));
}

TEST_F(ZygoteTest, OneThatAnswersOthersIsNotStuck) {
    // Takes longer than it is given, which begins anew with the first answer.
    start_script("#!" KDEPS_TEST_PYTHON
                 "\nimport os, socket, struct, time\n"
                 "control = socket.socket(fileno=3)\n"
                 "answers = [socket.recv_fds(control, 16, 4)[1] for _ in range(2)]\n"
                 "for fds, pause in zip(answers, [1.2, 1.2]):\n"
                 "    time.sleep(pause)\n"
                 "    os.write(fds[0], struct.pack('<i', 7))\n"
                 "control.recv(1)\n",
                 1ms);
    auto first = std::async(std::launch::async, [&] { return fork_worker(Deadline::never()); });
    auto second = std::async(std::launch::async, [&] { return fork_worker(Deadline::never()); });
    EXPECT_EQ(first.get(), std::optional(7));
    EXPECT_EQ(second.get(), std::optional(7));
}

TEST_F(ZygoteTest, OneThatAnswersNobodyIsKilled) {
    start_script("#!/bin/sh\nexec sleep 600\n", 1ms);
    EXPECT_EQ(error_of(Deadline::never()).what(),
              "python cannot start: '" + program() + "' was not ready within 1 ms");
    EXPECT_FALSE(zygote_->is_alive());
}

TEST_F(ZygoteTest, UnreadRequestsOfThoseWhoLeftHarmNobody) {
    start();
    EXPECT_TRUE(fork_worker(Deadline::after(60s)));
    kill(zygote_->pid(), SIGSTOP);
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(leaves_at_once()) << i;
    kill(zygote_->pid(), SIGCONT);
    const auto worker = fork_worker(Deadline::after(60s));
    ASSERT_TRUE(worker);
    EXPECT_TRUE(zygote_->end_worker(*worker));
}

TEST_F(ZygoteTest, AWorkerEndsAlthoughItsZygoteReadsNothing) {
    start();
    const auto worker = fork_worker(Deadline::after(60s));
    ASSERT_TRUE(worker);
    const io::Descriptor pid_fd = io::open_pid_fd(*worker);
    kill(zygote_->pid(), SIGSTOP);
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(leaves_at_once()) << i;
    static_cast<void>(zygote_->end_worker(*worker));
    EXPECT_TRUE(io::await_readable(pid_fd.get(), Deadline::after(60s)));
    kill(zygote_->pid(), SIGCONT);
}

TEST_F(ZygoteTest, OneThatTakesNoRequestsIsKilled) {
    start_script("#!/bin/sh\nexec sleep 600 3>&-\n");
    std::string last;
    while (zygote_->is_alive()) last = error_of(Deadline::after(60s)).what();
    EXPECT_EQ(last, "python cannot start: '" + program() + "' takes no requests");
}

struct EndCase {
    const char *name, *script, *reason, *hint;
};
class ZygoteEndTest : public ZygoteTest, public testing::WithParamInterface<EndCase> {};

TEST_P(ZygoteEndTest, IsToldAsWhatItWas) {
    start_script(GetParam().script);
    const Error error = error_of(Deadline::after(60s));
    EXPECT_EQ(error.code(), ErrorCode::WorkerCrashed);
    EXPECT_EQ(error.what(),
              "python cannot start: '" + program() + "' " + std::string(GetParam().reason));
    EXPECT_EQ(error.detail().hint, GetParam().hint);
}

constexpr EndCase kEnds[] = {
    {"Exit", "#!/bin/sh\nexit 3\n", "ended with exit status 3", ""},
    {"OutOfMemory", "#!/bin/sh\nkill -KILL $$\n", "was killed by signal 9 (SIGKILL)",
     "the system may have run out of memory"},
    {"Crash", "#!/bin/sh\nulimit -c 0\nkill -SEGV $$\n", "was killed by signal 11 (SIGSEGV)", ""},
};
INSTANTIATE_TEST_SUITE_P(Cases, ZygoteEndTest, testing::ValuesIn(kEnds),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::worker
