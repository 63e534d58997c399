#include "kdeps/log/log.hpp"

#include <regex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace kdeps::log {

namespace {

/// What `write` makes a sink print.
template <typename Write>
std::string printed(const LogSettings& settings, Write write) {
    testing::internal::CaptureStderr();
    write(*make_log_sink(settings));
    return testing::internal::GetCapturedStderr();
}

}  // namespace

TEST(ParseLevelTest, KnowsTheNames) {
    EXPECT_EQ(parse_level("debug"), LogLevel::Debug);
    EXPECT_EQ(parse_level("INFO"), LogLevel::Info);
    EXPECT_EQ(parse_level("warn"), LogLevel::Warning);
    EXPECT_EQ(parse_level("warning"), LogLevel::Warning);
    EXPECT_EQ(parse_level("error"), LogLevel::Error);
    EXPECT_EQ(parse_level("loud"), std::nullopt);
    EXPECT_EQ(parse_level(""), std::nullopt);
}

TEST(LogSinkTest, WritesLinesFromItsLevelOn) {
    const std::string text = printed({.level = LogLevel::Warning}, [](EventSink& sink) {
        EXPECT_FALSE(sink.wants(LogLevel::Info));
        EXPECT_TRUE(sink.wants(LogLevel::Warning));
        sink.emit(Notice{LogLevel::Info, "app", "quiet"});
        sink.emit(Notice{LogLevel::Warning, "app", "a {} b %v"});
        sink.emit(Notice{LogLevel::Error, "app", "second"});
    });
    EXPECT_TRUE(std::regex_match(
        text, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn  app: a \{\} b %v\n)"
                         R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error app: second\n)")))
        << text;
}

TEST(LogSinkTest, WritesJson) {
    const std::string text = printed({.format = Format::Json}, [](EventSink& sink) {
        sink.emit(Notice{LogLevel::Info, "app", "one\ntwo"});
    });
    EXPECT_TRUE(std::regex_match(
        text,
        std::regex(R"(\{"time":"[^"]+","level":"info","module":"app","text":"one\\ntwo"\}\n)")))
        << text;
}

TEST(LogSinkTest, ColorOnlyOnATerminal) {
    const std::string text = printed({.color = true}, [](EventSink& sink) {
        sink.emit(Notice{LogLevel::Info, "app", "plain"});
    });
    EXPECT_EQ(text.find('\x1B'), std::string::npos);
}

TEST(LogSinkTest, LinesOfManyThreadsStayWhole) {
    const std::string text = printed({}, [](EventSink& sink) {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&sink] {
                for (int j = 0; j < 100; ++j) {
                    sink.emit(Notice{LogLevel::Info, "app", std::string(200, 'x')});
                }
            });
        }
    });
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 400);
    const std::regex line("[-0-9T:.]+Z info  app: x{200}");
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
        ASSERT_TRUE(std::regex_match(text.substr(begin, end - begin), line));
        begin = end + 1;
    }
}

TEST(LogSinkTest, AClosedStandardErrorIsIgnored) {
    const auto sink = make_log_sink({});
    const int saved = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    sink->emit(Notice{LogLevel::Error, "app", "lost"});
    dup2(saved, STDERR_FILENO);
    close(saved);
    const std::string text = printed({}, [&](EventSink&) {
        sink->emit(Notice{LogLevel::Error, "app", "seen"});
    });
    EXPECT_TRUE(text.ends_with("error app: seen\n")) << text;
}

}  // namespace kdeps::log
