// Several callers, waiting, choosing the interpreter, and the cost of a call.

#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/measures.hpp"
#include "support/temp_dir.hpp"
#include "worker_fixture.hpp"

namespace kdeps::worker::test {
namespace {

WorkerSettings settings_for(std::size_t workers) {
    WorkerSettings settings = default_settings();
    settings.max_workers = workers;
    return settings;
}

class PoolTest : public WorkerTest {
 protected:
    PoolTest() : WorkerTest(settings_for(4)) {}
};

TEST_F(PoolTest, EightThreadsShareFourWorkers) {
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&, t] {
                const Script script = script_of("return get('n') + get('asked')");
                FakeHost host;
                for (int i = 0; i < 50; ++i) {
                    host.answers["get asked"] = i;
                    Call call;
                    call.script = &script;
                    call.prefetched = {{"n", t * 1000}};
                    const Value value = pool_.call(call, host, in(60'000), {}).value;
                    if (!(value == Value(t * 1000 + i))) ++wrong;
                }
            });
        }
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_LE(worker_pids().size(), 4u);
    EXPECT_TRUE(events_.endings().empty());
}

TEST(WorkerMeasureTest, WaitsAndCallsAreToldOfTheirScript) {
    using Kind = Measurement::Kind;
    using Texts = std::vector<std::string>;
    kdeps::test::Measures measures;
    WorkerPool pool(settings_for(1), measures);
    FakeHost host;
    const auto run = [&](const std::string& source, Deadline deadline) {
        const Script script = script_of(source);
        Call call;
        call.script = &script;
        return pool.call(call, host, deadline, {});
    };
    const auto ample = Deadline::after(std::chrono::seconds(60));
    host.answers = {{"get wait", 1}};
    host.on_ask = [&](const std::string&) {  // the one worker is busy now
        EXPECT_THROW(run("return 2", Deadline::after(std::chrono::milliseconds(20))), Error);
    };
    (void)run("return get('wait')", ample);
    EXPECT_THROW(run("raise ValueError", ample), Error);
    EXPECT_EQ(measures.of(Kind::WorkerWait),
              (Texts{"report", "report RESOURCE_TIMEOUT", "report"}));
    EXPECT_EQ(measures.of(Kind::WorkerCall), (Texts{"report", "report PYTHON_FAILED"}));
    EXPECT_GE(measures.duration(Kind::WorkerCall), std::chrono::milliseconds(20));
}

TEST(WorkerMeasureTest, StartingAWorkerIsPartOfTheWait) {
    using Kind = Measurement::Kind;
    const kdeps::test::TempDir dir;
    WorkerSettings settings = settings_for(1);
    settings.executable = dir.write("slow-program", "#!/bin/sh\nexec sleep 600\n");
    std::filesystem::permissions(settings.executable, std::filesystem::perms::owner_all);
    kdeps::test::Measures measures;
    WorkerPool pool(settings, measures);
    FakeHost host;
    const Script script = script_of("return 1");
    Call call;
    call.script = &script;
    const auto deadline = Deadline::after(std::chrono::milliseconds(20));
    EXPECT_THROW((void)pool.call(call, host, deadline, {}), Error);
    EXPECT_EQ(measures.of(Kind::WorkerWait), std::vector<std::string>{"report RESOURCE_TIMEOUT"});
    EXPECT_EQ(measures.of(Kind::WorkerCall), std::vector<std::string>{});
}

TEST_F(PoolTest, CrashesOfSomeCallsLeaveTheOthersAlone) {
    std::atomic<int> good = 0;
    std::atomic<int> crashed = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&, t] {
                const Script script = script_of(t % 2 == 0 ? "return 1" : "import os\nos._exit(1)");
                FakeHost host;
                Call call;
                call.script = &script;
                for (int i = 0; i < 10; ++i) {
                    try {
                        (void)pool_.call(call, host, in(60'000), {});
                        ++good;
                    } catch (const Error& error) {
                        if (error.code() == ErrorCode::WorkerCrashed) ++crashed;
                    }
                }
            });
        }
    }
    EXPECT_EQ(good, 40);
    EXPECT_EQ(crashed, 40);
}

/// One worker, held by a call that waits inside its host until released.
class BusyPoolTest : public WorkerTest {
 protected:
    void SetUp() override {
        holder_ = std::jthread([this] {
            FakeHost host;
            host.answers = {{"get go", 1}};
            host.on_ask = [this](const std::string&) {
                held_.count_down();
                release_.wait();
            };
            const Script script = script_of("return get('go')");
            Call call;
            call.script = &script;
            (void)pool_.call(call, host, in(60'000), {});
        });
        held_.wait();
    }
    void TearDown() override {
        if (!release_.try_wait()) release_.count_down();
    }

    std::latch held_{1};
    std::latch release_{1};
    std::jthread holder_;
};

TEST_F(BusyPoolTest, WaitingEndsAtTheDeadlineAndSaysNumbers) {
    const Error error = error_of("return 1", {}, in(20));
    EXPECT_EQ(error.code(), ErrorCode::ResourceTimeout);
    const std::string text = error.what();
    EXPECT_TRUE(text.starts_with("python script 'report': no free worker within ")) << text;
    EXPECT_TRUE(text.ends_with(" ms (workers=1 busy=1 waiting=1)")) << text;
}

TEST_F(BusyPoolTest, WaitingEndsOnStop) {
    std::stop_source source;
    source.request_stop();
    const Error error = error_of("return 1", {}, in(60'000), source.get_token());
    EXPECT_EQ(error.code(), ErrorCode::Cancelled);
}

TEST_F(BusyPoolTest, WaitersAreServedWhenTheWorkerIsFree) {
    std::atomic<int> served = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            FakeHost host;
            const Script script = script_of("return 1");
            Call call;
            call.script = &script;
            (void)pool_.call(call, host, in(60'000), {});
            ++served;
        });
    }
    release_.count_down();
    threads.clear();
    EXPECT_EQ(served, 4);
}

TEST_F(BusyPoolTest, TheFirstToComeIsTheFirstServed) {
    std::vector<int> order;  // one worker: nobody writes at once
    std::vector<std::jthread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            FakeHost host;
            host.answers = {{"get turn", 1}};
            host.on_ask = [&, t](const std::string&) { order.push_back(t); };
            const Script script = script_of("return get('turn')");
            Call call;
            call.script = &script;
            (void)pool_.call(call, host, in(60'000), {});
        });
        const std::string is_queued = "waiting=" + std::to_string(t + 2) + ")";  // and who asks
        while (!std::string_view(error_of("return 1", {}, in(1)).what()).ends_with(is_queued)) {
        }
    }
    release_.count_down();
    threads.clear();
    EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

TEST(PoolStartTest, ManyScriptsFitThroughTheWorkersCache) {
    WorkerPool pool(settings_for(1), null_sink());
    FakeHost host;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 300; ++i) {
            const Script script = script_of("return " + std::to_string(i));
            Call call;
            call.script = &script;
            ASSERT_EQ(pool.call(call, host, Deadline::after(std::chrono::seconds(60)), {}).value,
                      Value(i));
        }
    }
}

TEST_F(PoolTest, AnIssueIsToldWhereItsScriptStandsNow) {
    Script script = script_of("return (");
    const int line = pool_.check(script).value().where.line;
    script.origin.line += 5;
    EXPECT_EQ(pool_.check(script).value().where.line, line + 5);
}

TEST(PoolStartTest, MissingProgramIsNamed) {
    WorkerSettings settings = default_settings();
    settings.executable = "/nonexistent/kdeps-python";
    WorkerPool pool(settings, null_sink());
    try {
        pool.warm_up();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::WorkerCrashed);
        EXPECT_STREQ(error.what(),
                     "python cannot start: '/nonexistent/kdeps-python' in '/tmp': No such file or "
                     "directory");
    }
}

TEST(PoolStartTest, MissingPackageIsAnErrorNotAHang) {
    WorkerSettings settings = default_settings();
    settings.python_path = "/nonexistent";
    WorkerPool pool(settings, null_sink());
    EXPECT_THROW(pool.warm_up(), Error);
}

/// An interpreter whose start never ends.
class StuckStartTest : public testing::Test {
 protected:
    StuckStartTest() {
        std::filesystem::permissions(program_, std::filesystem::perms::owner_all);
        settings_.executable = program_;
        settings_.max_workers = 8;
        pool_.emplace(settings_, null_sink());
    }
    Error error_of(Deadline deadline, const std::stop_token& stop = {}) {
        const Script script = script_of("return 1");
        FakeHost host;
        Call call;
        call.script = &script;
        try {
            (void)pool_->call(call, host, deadline, stop);
        } catch (const Error& error) {
            return error;
        }
        return {ErrorCode::Internal, "no error"};
    }

    const kdeps::test::TempDir dir_;
    const std::string program_ = dir_.write("slow-program", "#!/bin/sh\nexec sleep 600\n");
    WorkerSettings settings_ = default_settings();
    std::optional<WorkerPool> pool_;
};

TEST_F(StuckStartTest, HoldsNobodyBeyondTheirDeadline) {
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([&] {
            const Error error = error_of(Deadline::after(std::chrono::milliseconds(50)));
            EXPECT_EQ(error.code(), ErrorCode::ResourceTimeout);
            const std::string text = error.what();
            EXPECT_TRUE(text.starts_with("python script 'report': no worker was ready within "))
                << text;
        });
    }
    std::stop_source source;
    callers.emplace_back([&] {
        EXPECT_EQ(error_of(Deadline::never(), source.get_token()).code(), ErrorCode::Cancelled);
    });
    source.request_stop();
    callers.clear();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

/// Keeps a process from being reaped by its parent once it is dead.
class Unreaped {
 public:
    explicit Unreaped(pid_t pid) : pid_(pid) { EXPECT_EQ(ptrace(PTRACE_SEIZE, pid, 0, 0), 0); }
    ~Unreaped() { waitpid(pid_, nullptr, __WALL); }
    Unreaped(const Unreaped&) = delete;
    Unreaped& operator=(const Unreaped&) = delete;

 private:
    const pid_t pid_;
};

TEST_F(PoolTest, AWorkerThatDiesSlowlyHoldsUpNoOther) {
    const auto begin = std::chrono::steady_clock::now();
    std::optional<Unreaped> dying;
    host_.answers = {{"get pid", 1}};
    host_.on_ask = [&](const std::string&) { dying.emplace(worker_pids().at(0)); };
    const Error error = error_of("get('pid')\nwhile True: pass", {}, in(300));
    EXPECT_EQ(error.code(), ErrorCode::ResourceTimeout);
    host_.on_ask = {};
    EXPECT_EQ(to_json(value_of("return 'fine'")), R"("fine")");
    EXPECT_EQ(error_of("import os\nos._exit(0)").code(), ErrorCode::WorkerCrashed);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
    EXPECT_EQ(events_.started("python zygote").size(), 1U);
}

TEST_F(PoolTest, AZygoteThatDoesNotKillIsWaitedForOnce) {
    const auto begin = std::chrono::steady_clock::now();
    host_.answers = {{"get go", 1}};
    host_.on_ask = [&](const std::string&) {
        kill(events_.started("python zygote").at(0), SIGSTOP);
    };
    const Error error = error_of("get('go')\nwhile True: pass", {}, in(300));
    EXPECT_EQ(error.code(), ErrorCode::ResourceTimeout);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(3800));
    host_.on_ask = {};
    kill(events_.started("python zygote").at(0), SIGCONT);
    EXPECT_EQ(to_json(value_of("return 'fine'")), R"("fine")");
}

TEST(PoolStartTest, EndOfThePoolEndsEveryProcess) {
    EventLog events;
    {
        WorkerPool pool(settings_for(2), events);
        pool.warm_up();
    }
    const int worker = events.started("python worker").at(0);
    EXPECT_EQ(kill(worker, 0), -1);
    EXPECT_EQ(kill(events.started("python zygote").at(0), 0), -1);
}

/// Whether a process that is no child of ours ends within ten seconds.
bool ends(int pid) {
    const int pid_fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (pid_fd < 0) return errno == ESRCH;
    pollfd entry{pid_fd, POLLIN, 0};
    const bool ended = poll(&entry, 1, 10'000) == 1;
    close(pid_fd);
    return ended;
}

TEST(PoolStartTest, DeathOfTheEngineEndsEveryProcessEvenInAnEndlessLoop) {
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    const pid_t engine = fork();
    if (engine == 0) {
        EventLog events;
        WorkerPool pool(settings_for(1), events);
        FakeHost host;
        host.answers = {{"get go", 1}};
        host.on_ask = [&](const std::string&) {
            const int pids[] = {events.started("python zygote").at(0),
                                events.started("python worker").at(0)};
            if (write(fds[1], pids, sizeof pids) < 0) _exit(1);
        };
        const Script script = script_of("get('go')\nwhile True: pass");
        Call call;
        call.script = &script;
        (void)pool.call(call, host, Deadline::never(), {});
        _exit(0);
    }
    int pids[2];
    ASSERT_EQ(read(fds[0], pids, sizeof pids), static_cast<ssize_t>(sizeof pids));
    kill(engine, SIGKILL);
    waitpid(engine, nullptr, 0);
    EXPECT_TRUE(ends(pids[0]));
    EXPECT_TRUE(ends(pids[1]));
    close(fds[0]);
    close(fds[1]);
}

TEST(PoolStartTest, WorkersInheritNoDescriptors) {
    std::ifstream open_in_engine("/etc/passwd");
    const int inheritable = dup(1);
    WorkerPool pool(settings_for(2), null_sink());
    FakeHost host;
    const Script script = script_of(
        "import os\nlinks = []\nfor fd in os.listdir('/proc/self/fd'):\n"
        "    try: links.append(os.readlink('/proc/self/fd/' + fd).split(':')[0])\n"
        "    except OSError: pass\nreturn sorted(links)");
    Call call;
    call.script = &script;
    pool.warm_up();
    const Value value = pool.call(call, host, Deadline::after(std::chrono::seconds(20)), {}).value;
    // 0 and its copy, 1 and 2 and their copies, the socket, the working directory.
    EXPECT_EQ(to_json(value),
              R"(["/dev/null","/dev/null","/tmp","pipe","pipe","pipe","pipe","socket"])");
    close(inheritable);
}

/// Interpreters that may be on a developer's machine; the package must run in each.
TEST(PoolStartTest, OtherVersionsRunTheSamePackage) {
    int found = 0;
    for (const char* version : {"3.9.18", "3.10.13", "3.12.1", "3.13.0"}) {
        const std::string program = std::string("/root/.pyenv/versions/") + version +
                                    "/bin/python" +
                                    std::string(version).substr(0, std::string(version).rfind('.'));
        if (!std::filesystem::exists(program)) continue;
        ++found;
        WorkerSettings settings = default_settings();
        settings.executable = program;
        WorkerPool pool(settings, null_sink());
        FakeHost host;
        const Script script = script_of(
            "import sys\nx = 'a __kdeps_slot_0__'\ndef f(): return [x for _ in range(1)]\n"
            "return [sys.version.split()[0], f(), get('d')]",
            {"__kdeps_slot_0__"});
        Call call;
        call.script = &script;
        call.slots = {1};
        call.prefetched = {{"d", Temporal{Kind::TimestampTz, "2024-01-02T03:04:05.5Z"}}};
        const Value value =
            pool.call(call, host, Deadline::after(std::chrono::seconds(20)), {}).value;
        EXPECT_EQ(to_json(value),
                  "[\"" + std::string(version) + R"(",["a 1"],"2024-01-02T03:04:05.500000Z"])");
        EXPECT_EQ(pool.check(script), std::nullopt);
    }
    if (found == 0) GTEST_SKIP() << "no other interpreter on this machine";
}

}  // namespace
}  // namespace kdeps::worker::test
