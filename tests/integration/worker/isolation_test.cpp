// A call finds the process as the first one found it.

#include <cstdlib>

#include <unistd.h>

#include "support/temp_dir.hpp"
#include "worker_fixture.hpp"

namespace kdeps::worker::test {
namespace {

class IsolationTest : public WorkerTest {
 protected:
    /// Runs `change`, then expects `look` to give what it gave before, in the same worker.
    void expect_restored(const std::string& change, const std::string& look) {
        const std::string before = to_json(value_of(look));
        (void)value_of(change);
        EXPECT_EQ(to_json(value_of(look)), before) << change;
        EXPECT_EQ(worker_pids().size(), 1u) << "the worker was not kept";
    }
};

TEST_F(IsolationTest, WhatAScriptChangesIsRestored) {
    expect_restored("x = 1", "return 'x' in globals()");
    expect_restored("import os\nos.environ['KDEPS_X'] = '1'\ndel os.environ['PATH']",
                    "import os, subprocess\nreturn [os.environ.get('KDEPS_X'), os.environ['PATH'], "
                    "subprocess.check_output(['/usr/bin/env']).count(b'KDEPS_X')]");
    expect_restored("import os\nos.environ = {}", "import os\nreturn type(os.environ).__name__");
    expect_restored("import os, time\nos.environ['TZ'] = 'UTC-7'\ntime.tzset()",
                    "import time\nreturn time.strftime('%H', time.localtime(0))");
    expect_restored("import os\nos.chdir('/')", "import os\nreturn os.getcwd()");
    expect_restored("import os\nos.umask(0)", "import os\nm = os.umask(0)\nreturn m");
    expect_restored("import sys\nsys.path.insert(0, '/x')\nsys.argv = ['z']",
                    "import sys\nreturn [sys.path, sys.argv]");
    expect_restored(
        "import signal\nsignal.signal(signal.SIGTERM, lambda *_: 0)\nsignal.alarm(1)",
        "import signal\nreturn [str(signal.getsignal(signal.SIGTERM)), signal.alarm(0)]");
    expect_restored("import decimal\ndecimal.getcontext().prec = 3",
                    "import decimal\nreturn decimal.getcontext().prec");
    expect_restored("import sys\nsys.setrecursionlimit(500)",
                    "import sys\nreturn sys.getrecursionlimit()");
    expect_restored("import sys, os\nsys.stdout.close()\nos.close(1)\nos.close(2)",
                    "print('heard')");
    expect_restored("import sys, io\nsys.stdout = io.StringIO()", "print('heard')");
}

class EnvironmentTest : public WorkerTest, public testing::WithParamInterface<const char*> {
 protected:
    EnvironmentTest() : WorkerTest(settings_with(GetParam())) {}
    static WorkerSettings settings_with(const char* executable) {
        setenv("KDEPS_TEST_KEPT", "process", 1);
        setenv("KDEPS_TEST_CHANGED", "process", 1);
        WorkerSettings settings = default_settings();
        settings.executable = executable;
        settings.environment = {
            {"KDEPS_TEST_CHANGED", "own"}, {"KDEPS_TEST_NEW", "a=b"}, {"TZ", "UTC-3"}};
        return settings;
    }
};
INSTANTIATE_TEST_SUITE_P(Interpreters, EnvironmentTest,
                         testing::Values(KDEPS_TEST_KDEPS_PYTHON, KDEPS_TEST_PYTHON),
                         [](const auto& c) {
                             return std::string(c.param) == KDEPS_TEST_PYTHON ? "Plain"
                                                                              : "Embedded";
                         });

TEST_P(EnvironmentTest, HoldsTheVariablesOfTheWorkflow) {
    EXPECT_EQ(to_json(value_of("import os, time\n"
                               "return [os.environ['KDEPS_TEST_' + n] for n in ('KEPT', 'CHANGED', "
                               "'NEW')] + [time.localtime(0).tm_hour]")),
              R"(["process","own","a=b",3])");
}

TEST_F(IsolationTest, LeftoversRetireTheWorker) {
    const std::pair<const char*, const char*> cases[] = {
        {"import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\nreturn "
         "1",
         "a thread is still running"},
        {"import threading, time\nthreading.Thread(target=time.sleep, args=(600,), "
         "daemon=True).start()\nreturn 1",
         "a thread is still running"},
        {"import subprocess\nsubprocess.Popen(['sleep', '600'])\nreturn 1",
         "a child process is still running"},
        {"import subprocess\nsubprocess.run('setsid sleep 600 & exit', shell=True)\nreturn 1",
         "a child process is still running"},
        {"import sys\nsys.kept = bytearray(300 << 20)\nreturn 1", nullptr},
        {"import sys\nsys.more = bytearray(500 << 20)\nreturn 1", "memory has doubled to 8"},
    };
    for (const auto& [source, reason] : cases) {
        const std::size_t before = events_.endings().size();
        EXPECT_EQ(to_json(value_of(source)), "1");
        const auto endings = events_.endings();
        ASSERT_EQ(endings.size(), before + (reason == nullptr ? 0 : 1)) << source;
        if (reason == nullptr) continue;
        EXPECT_TRUE(endings.back().starts_with(reason)) << endings.back();
    }
}

TEST_F(IsolationTest, ChildThatEndedIsNoLeftover) {
    (void)value_of(
        "import subprocess\np = subprocess.Popen(['true'])\n"
        "import time\ntime.sleep(0.1)\nreturn 1");
    EXPECT_TRUE(events_.endings().empty());
}

TEST_F(IsolationTest, OutputIsCut) {
    const CallResult result =
        run("import sys\nfor _ in range(300):\n    print('x' * 9999)\n"
            "print('y' * 2_000_000, file=sys.stderr)\nreturn 1");
    EXPECT_EQ(result.process.standard_output.size(), (1u << 20) + 35);
    EXPECT_TRUE(result.process.standard_output.ends_with("x\n[1951424 more bytes were dropped]\n"))
        << result.process.standard_output.substr(1u << 20);
    EXPECT_TRUE(result.process.standard_error.ends_with("more bytes were dropped]\n"));
}

TEST_F(IsolationTest, CutJsonIsNoResult) {
    const Error error = error_of("import json\nprint(json.dumps(['x' * 999] * 3000))");
    EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
    EXPECT_STREQ(error.what(), "python script 'report' printed more than 1048576 bytes of JSON");
}

TEST(IsolationEnvironmentTest, ForeignPythonOnPathAndInEnvironmentIsHarmless) {
    const kdeps::test::TempDir folder;
    folder.write("python3", "#!/bin/sh\nexit 99\n");
    folder.write("json.py", "raise RuntimeError('foreign json')\n");
    const std::string path = std::getenv("PATH");
    setenv("PATH", (folder.path().string() + ":/root/.pyenv/shims:" + path).c_str(), 1);
    setenv("PYTHONHOME", "/nonexistent", 1);
    setenv("PYTHONPATH", folder.path().c_str(), 1);
    setenv("LC_ALL", "C", 1);
    WorkerSettings settings = default_settings();
    settings.working_directory = folder.path().string();
    WorkerPool pool(settings, null_sink());
    FakeHost host;
    const Script script = script_of(
        "import sys, json, os\nopen('\u00e4', 'w').write('\u00f6')\n"
        "return [sys.prefix, json.__file__.startswith('/usr/lib/python3'), os.getcwd(), "
        "open('\u00e4').read()]");
    Call call;
    call.script = &script;
    const Value value = pool.call(call, host, Deadline::after(std::chrono::seconds(20)), {}).value;
    EXPECT_EQ(to_json(value), R"(["/usr",true,")" + folder.path().string() + "\",\"\u00f6\"]");
    unsetenv("PYTHONHOME");
    unsetenv("PYTHONPATH");
    unsetenv("LC_ALL");
    setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace kdeps::worker::test
