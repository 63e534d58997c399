#include "interpreter.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "support/temp_dir.hpp"

namespace kdeps::worker {
namespace {

class NoticeLog final : public EventSink {
 public:
    void emit(const Event& event) noexcept override {
        texts.push_back(std::get<Notice>(event).text);
    }
    [[nodiscard]] bool wants(LogLevel) const noexcept override { return true; }
    std::vector<std::string> texts;
};

class InterpreterTest : public testing::Test {
 protected:
    InterpreterTest() {
        const std::string program = folder_.write("second/python3.99", "");
        std::filesystem::permissions(program, std::filesystem::perms::owner_exec,
                                     std::filesystem::perm_options::add);
        folder_.write("first/python3.98", "");  // Not executable.
    }
    ZygoteCommand choose(const std::string& version,
                         const std::string& executable = "/opt/kdeps-python") {
        WorkerSettings settings;
        settings.executable = executable;
        settings.python_path = "/opt/python";
        settings.python_version = version;
        const std::string folders[] = {folder_.path() / "first", folder_.path() / "second"};
        return choose_interpreter(settings, folders, log_);
    }

    kdeps::test::TempDir folder_;
    NoticeLog log_;
};

TEST_F(InterpreterTest, EmbeddedOneServesItsOwnVersion) {
    for (const char* version : {"", KDEPS_TEST_EMBEDDED, KDEPS_TEST_EMBEDDED ".7"}) {
        EXPECT_EQ(choose(version).arguments,
                  (std::vector<std::string>{"/opt/kdeps-python", "/opt/python"}));
    }
    EXPECT_TRUE(log_.texts.empty());
}

TEST_F(InterpreterTest, InstalledVersionRunsThePackage) {
    EXPECT_EQ(choose("3.99").arguments,
              (std::vector<std::string>{folder_.path() / "second/python3.99", "-I", "-X", "utf8",
                                        "/opt/python/kdeps_worker/__main__.py", "3"}));
    EXPECT_TRUE(log_.texts.empty());
}

TEST_F(InterpreterTest, ExecutableMayBeAnInterpreter) {
    EXPECT_EQ(choose("", "/venv/bin/python").arguments.at(1), "-I");
}

TEST_F(InterpreterTest, OtherwiseTheEmbeddedOneWithANotice) {
    for (const char* version : {"3.98", "3.8", "2.7", "latest", "3", "3.12rc1"}) {
        EXPECT_EQ(choose(version).arguments.at(0), "/opt/kdeps-python");
    }
    const std::string tail = "; python " KDEPS_TEST_EMBEDDED " is used";
    EXPECT_EQ(log_.texts, (std::vector<std::string>{
                              "pythonVersion '3.98' is not installed" + tail,
                              "pythonVersion '3.8' is not supported, 3.9 is the oldest" + tail,
                              "pythonVersion '2.7' is not supported, 3.9 is the oldest" + tail,
                              "pythonVersion 'latest' is not a version like '3.12'" + tail,
                              "pythonVersion '3' is not a version like '3.12'" + tail,
                              "pythonVersion '3.12rc1' is not a version like '3.12'" + tail}));
}

}  // namespace
}  // namespace kdeps::worker
