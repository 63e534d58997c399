// Exceptions, exits, crashes, deadlines and stops; the call after each of them works.

#include <thread>

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker_fixture.hpp"

namespace kdeps::worker::test {
namespace {

class FailureTest : public WorkerTest {
 protected:
    void TearDown() override { EXPECT_EQ(to_json(value_of("return 'fine'")), R"("fine")"); }
};

/// Kills a process and waits until it is dead, though nobody may have reaped it yet.
void kill_and_wait(int pid) {
    const int pid_fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    ASSERT_GE(pid_fd, 0);
    kill(pid, SIGKILL);
    pollfd entry{pid_fd, POLLIN, 0};
    poll(&entry, 1, -1);
    close(pid_fd);
}

TEST_F(FailureTest, ExceptionHasMessagePlaceAndTheScriptsOwnTraceback) {
    const Error error = error_of(
        "import json\n"
        "def load(text):\n"
        "    return  json.loads(text)\n"
        "load('nope')\n");
    EXPECT_EQ(error.code(), ErrorCode::PythonFailed);
    EXPECT_STREQ(error.what(),
                 "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)");
    ASSERT_TRUE(error.detail().where);
    EXPECT_EQ(*error.detail().where, (SourceSpan{"resources/report.yaml", 12, 19, 16}));
    const std::string& context = error.detail().context;
    EXPECT_TRUE(
        context.starts_with("Traceback (most recent call last):\n"
                            "  File \"report\", line 4, in <module>\n"
                            "    load('nope')\n"
                            "  File \"report\", line 3, in load\n"
                            "    return  json.loads(text)\n"
                            "  File \""))
        << context;
    EXPECT_NE(context.find("json/decoder.py"), std::string::npos) << context;
    EXPECT_EQ(context.find("kdeps_worker"), std::string::npos) << context;
}

TEST_F(FailureTest, TopLevelReturnKeepsLinesAndNames) {
    const Error error = error_of("x = 0\nif x:\n    return 1\nreturn 1 / x\n");
    EXPECT_EQ(error.detail().context,
              "Traceback (most recent call last):\n"
              "  File \"report\", line 4, in <module>\n"
              "    return 1 / x\n"
              "ZeroDivisionError: division by zero\n");
    EXPECT_EQ(*error.detail().where, (SourceSpan{"resources/report.yaml", 13, 14, 5}));
}

TEST_F(FailureTest, CausesKeepOnlyTheScriptsFrames) {
    const Error error = error_of(
        "try:\n    get('x')\nexcept RuntimeError as e:\n    raise ValueError('bad') from e\n");
    EXPECT_EQ(error.detail().context,
              "Traceback (most recent call last):\n"
              "  File \"report\", line 2, in <module>\n"
              "    get('x')\n"
              "KdepsError: nothing is known of 'get x'\n"
              "\nThe above exception was the direct cause of the following exception:\n\n"
              "Traceback (most recent call last):\n"
              "  File \"report\", line 4, in <module>\n"
              "    raise ValueError('bad') from e\n"
              "ValueError: bad\n");
}

struct MessageCase {
    const char *name, *source, *message;
};
std::ostream& operator<<(std::ostream& out, const MessageCase& c) {
    return out << c.name;
}

class FailureMessageTest : public FailureTest, public testing::WithParamInterface<MessageCase> {};

TEST_P(FailureMessageTest, Says) {
    const Error error = error_of(GetParam().source);
    EXPECT_EQ(error.code(), ErrorCode::PythonFailed);
    EXPECT_STREQ(error.what(), GetParam().message);
}

constexpr MessageCase kMessages[] = {
    {"WithoutText", "raise ValueError", "ValueError"},
    {"OwnClass", "class Bad(Exception): pass\nraise Bad('x')", "Bad: x"},
    {"LibraryClass", "import decimal\nraise decimal.InvalidOperation('x')",
     "decimal.InvalidOperation: x"},
    {"Unprintable", "class E(Exception):\n    def __str__(self): 1 / 0\nraise E",
     "E: <its text cannot be made>"},
    {"Recursion", "def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"},
    {"KeyboardInterrupt", "raise KeyboardInterrupt", "KeyboardInterrupt"},
    {"SyntaxError", "x = (", "SyntaxError: '(' was never closed"},
    {"Exit", "import sys\nsys.exit(3)", "exit status 3"},
    {"ExitText", "raise SystemExit('reason')", "exit status 1"},
    {"Set", "return {1, 2}", "TypeError: a value of type set cannot leave a script"},
    {"Key", "return {1: 2}", "TypeError: dict keys must be str, not int (key 1)"},
    {"Cycle", "x = []\nx.append(x)\nreturn x",
     "ValueError: the value is nested deeper than 1100 levels"},
    {"Surrogate", "return '\\ud800'",
     "UnicodeEncodeError: 'utf-8' codec can't encode character '\\ud800' in position 0: "
     "surrogates not allowed"},
    {"HugeDecimal", "from decimal import Decimal\nreturn Decimal('1E+999999')",
     "ValueError: decimal 1E+999999 has more than 200000 digits"},
};
INSTANTIATE_TEST_SUITE_P(Cases, FailureMessageTest, testing::ValuesIn(kMessages),
                         [](const auto& c) { return c.param.name; });

TEST_F(FailureTest, ExitStatusShowsStderr) {
    const Error error = error_of("import sys\nprint('why', file=sys.stderr)\nsys.exit('reason')");
    EXPECT_EQ(error.detail().context, "why\nreason\n");
}

TEST_F(FailureTest, ValueTheScriptSetIsChecked) {
    EXPECT_STREQ(error_of("set('k', object())").what(),
                 "TypeError: a value of type object cannot leave a script");
}

TEST_F(FailureTest, OsExitEndsTheWorkerOnly) {
    const Error error = error_of("import os\nos._exit(3)");
    EXPECT_EQ(error.code(), ErrorCode::WorkerCrashed);
    EXPECT_STREQ(error.what(), "python script 'report': its worker ended with exit status 3");
}

TEST_F(FailureTest, SegmentationFaultIsNamedAndLeavesATraceback) {
    const Error error = error_of("import ctypes\nctypes.string_at(0)");
    EXPECT_EQ(error.code(), ErrorCode::WorkerCrashed);
    EXPECT_STREQ(error.what(),
                 "python script 'report': its worker was killed by signal 11 (SIGSEGV)");
    EXPECT_NE(error.detail().context.find("Fatal Python error: Segmentation fault"),
              std::string::npos)
        << error.detail().context;
}

TEST_F(FailureTest, KilledWorkerIsReported) {
    const Error error = error_of("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)");
    EXPECT_STREQ(error.what(),
                 "python script 'report': its worker was killed by signal 9 (SIGKILL)");
    EXPECT_EQ(error.detail().hint, "the system may have run out of memory");
}

TEST_F(FailureTest, WorkerThatDiesWhileAChildHoldsItsSocketIsNoticed) {
    const Error error =
        error_of("import os, time\nif os.fork() == 0:\n    time.sleep(600)\nos._exit(4)");
    EXPECT_STREQ(error.what(), "python script 'report': its worker ended with exit status 4");
}

TEST_F(FailureTest, IdleWorkerThatWasKilledIsReplaced) {
    EXPECT_EQ(to_json(value_of("return 1")), "1");
    kill_and_wait(worker_pids().at(0));
    EXPECT_EQ(to_json(value_of("return 2")), "2");
}

TEST_F(FailureTest, ZygoteThatWasKilledIsReplaced) {
    EXPECT_EQ(to_json(value_of("return 1")), "1");
    kill_and_wait(events_.started("python zygote").at(0));
    EXPECT_EQ(to_json(value_of("return 2")), "2");
    EXPECT_EQ(events_.started("python zygote").size(), 2u);
}

TEST_F(FailureTest, ZygoteKilledDuringACallFailsThatCall) {
    host_.answers = {{"get go", 1}};
    host_.on_ask = [&](const std::string&) {
        kill_and_wait(events_.started("python zygote").at(0));
    };
    const Error error = error_of("get('go')\nimport time\ntime.sleep(600)");
    EXPECT_EQ(error.code(), ErrorCode::WorkerCrashed);
    EXPECT_STREQ(error.what(),
                 "python script 'report': its worker is gone, since the process that starts "
                 "workers was killed by signal 9 (SIGKILL)");
    EXPECT_NE(error.detail().hint, "");
    host_.on_ask = {};
}

struct Attack {
    const char *name, *script;
};
class AttackTest : public WorkerTest, public testing::WithParamInterface<Attack> {};

/// What a script does to its parent process ends no other one for good.
TEST_P(AttackTest, ScriptsRunAfterwards) {
    EXPECT_EQ(error_of(std::string("import os, resource, signal, time\nparent = os.getppid()\n") +
                           GetParam().script,
                       {}, in(1'000))
                  .code(),
              ErrorCode::ResourceTimeout);
    const auto begin = std::chrono::steady_clock::now();
    std::string answer;
    while (answer.empty()) {  // each with a deadline of its own, shorter than the repair takes
        try {
            answer = to_json(run(script_of("return 'fine'"), {}, in(500)).value);
        } catch (const Error& error) {
            ASSERT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60))
                << error.what();
        }
    }
    EXPECT_EQ(answer, R"("fine")");
}

constexpr Attack kAttacks[] = {
    {"Stop", "os.kill(parent, signal.SIGSTOP)\nwhile True: pass"},
    {"StopAgainAndAgain", "while True: os.kill(parent, signal.SIGSTOP)"},
    {"TakeDescriptors",
     "resource.prlimit(parent, resource.RLIMIT_NOFILE, (0, 0))\nwhile True: pass"},
};
INSTANTIATE_TEST_SUITE_P(Cases, AttackTest, testing::ValuesIn(kAttacks),
                         [](const auto& c) { return c.param.name; });

TEST_F(FailureTest, DeadlineKillsTheScriptAndWhatItStarted) {
    (void)value_of("return 1");
    const Error error = error_of(
        "import os, subprocess\n"
        "p = subprocess.Popen(['sleep', '600'])\n"
        "q = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "set('children', [p.pid, q.pid])\n"
        "while True: pass",
        {}, in(2000));
    EXPECT_EQ(error.code(), ErrorCode::ResourceTimeout);
    EXPECT_TRUE(
        std::string(error.what()).starts_with("python script 'report' did not finish within 2"))
        << error.what();
    const Value children = host_.answers.at("get children");
    ASSERT_EQ(children.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(kill(static_cast<pid_t>(children.element(i).as_int()), 0), -1) << i;
    }
}

/// Stops and continues this process again and again, as Ctrl-Z and debuggers do.
class StoppedAndContinued {
 public:
    StoppedAndContinued() : child_(fork()) {
        if (child_ != 0) return;
        for (const pid_t parent = getppid(); getppid() == parent;) {
            usleep(5000);
            kill(parent, SIGSTOP);
            usleep(1000);
            kill(parent, SIGCONT);
        }
        _exit(0);
    }
    ~StoppedAndContinued() {
        kill(child_, SIGKILL);
        waitpid(child_, nullptr, 0);
        kill(getpid(), SIGCONT);
    }
    StoppedAndContinued(const StoppedAndContinued&) = delete;
    StoppedAndContinued& operator=(const StoppedAndContinued&) = delete;

 private:
    const pid_t child_;
};

TEST_F(FailureTest, StoppingAndContinuingTheProcessHarmsNothing) {
    const StoppedAndContinued disturbed;
    for (int i = 0; i < 40; ++i) {
        EXPECT_STREQ(error_of("import os\nos._exit(0)").what(),
                     "python script 'report': its worker ended with exit status 0");
        EXPECT_EQ(to_json(value_of("return 'fine'")), R"("fine")");
    }
    EXPECT_EQ(events_.started("python zygote").size(), 1u);
}

TEST_F(FailureTest, StopEndsARunningScript) {
    std::stop_source source;
    host_.answers = {{"get go", 1}};
    std::jthread stopper;
    host_.on_ask = [&](const std::string&) {
        stopper = std::jthread([&] { source.request_stop(); });
    };
    const Error error =
        error_of("get('go')\nimport time\ntime.sleep(600)", {}, in(60'000), source.get_token());
    EXPECT_EQ(error.code(), ErrorCode::Cancelled);
    EXPECT_STREQ(error.what(), "python script 'report' was cancelled");
    host_.on_ask = {};
}

TEST_F(FailureTest, EndOfTheRunCannotBeCaughtByTheScript) {
    host_.on_ask = [](const std::string&) {
        throw Error(ErrorCode::RunTimeout, "the run is over");
    };
    const Error error =
        error_of("while True:\n    try:\n        get('x')\n    except Exception: pass");
    EXPECT_EQ(error.code(), ErrorCode::RunTimeout);
    host_.on_ask = {};
}

TEST_F(FailureTest, ForkedCopyOfTheScriptDoesNotAnswer) {
    EXPECT_EQ(to_json(value_of("import os\npid = os.fork()\nif pid == 0:\n    return 'child'\n"
                               "os.waitpid(pid, 0)\nreturn 'parent'")),
              R"("parent")");
}

}  // namespace
}  // namespace kdeps::worker::test
