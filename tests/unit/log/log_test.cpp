#include "kdeps/log/log.hpp"

#include <regex>
#include <sstream>
#include <thread>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace kdeps::log {

namespace {

/// What `write` makes a log print.
template <typename Write>
std::string printed(const LogSettings& settings, Write write) {
    testing::internal::CaptureStderr();
    write(*make_log(settings));
    return testing::internal::GetCapturedStderr();
}

/// A pipe; what is left open of it is closed at the end.
struct Pipe {
    int read_end = -1;
    int write_end = -1;

    Pipe() {
        int ends[2];
        if (pipe(ends) == 0) std::tie(read_end, write_end) = std::pair(ends[0], ends[1]);
    }
    ~Pipe() {
        close_read_end();
        close_write_end();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    void close_read_end() { close_end(read_end); }
    void close_write_end() { close_end(write_end); }
    [[nodiscard]] std::string read_available() const {
        std::string text(4096, '\0');
        const ssize_t count = read(read_end, text.data(), text.size());
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return text;
    }
    [[nodiscard]] std::string read_all() const {
        std::string all;
        for (std::string part = read_available(); !part.empty(); part = read_available())
            all += part;
        return all;
    }

 private:
    static void close_end(int& end) {
        if (end >= 0) close(end);
        end = -1;
    }
};

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

TEST(LogTest, WritesLinesFromItsLevelOn) {
    const std::string text = printed({.level = LogLevel::Warning}, [](Log& log) {
        EXPECT_FALSE(log.wants(LogLevel::Info));
        EXPECT_TRUE(log.wants(LogLevel::Warning));
        log.emit(Notice{LogLevel::Info, "app", "quiet"});
        log.emit(Notice{LogLevel::Warning, "app", "a {} b %v"});
        log.emit(Notice{LogLevel::Error, "app", "second"});
    });
    EXPECT_TRUE(std::regex_match(
        text, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn  app: a \{\} b %v\n)"
                         R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error app: second\n)")))
        << text;
}

TEST(LogTest, WritesJson) {
    const std::string text = printed({.format = Format::Json}, [](Log& log) {
        log.emit(Notice{LogLevel::Info, "app", "one\ntwo"});
    });
    EXPECT_TRUE(std::regex_match(
        text,
        std::regex(R"(\{"time":"[^"]+","level":"info","module":"app","text":"one\\ntwo"\}\n)")))
        << text;
}

TEST(LogTest, ColorOnlyOnATerminal) {
    const std::string text = printed({.color = true}, [](Log& log) {
        log.emit(Notice{LogLevel::Info, "app", "plain"});
    });
    EXPECT_EQ(text.find('\x1B'), std::string::npos);
}

TEST(LogTest, LinesOfManyThreadsStayWhole) {
    const std::string text = printed({}, [](Log& log) {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&log] {
                for (int j = 0; j < 100; ++j) {
                    log.emit(Notice{LogLevel::Info, "app", std::string(200, 'x')});
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

TEST(LogTest, LinesAsTheyAreKeepTheirPlace) {
    const std::string text = printed({}, [](Log& log) {
        log.emit(Notice{LogLevel::Info, "app", "first"});
        log.write("as it is\n");
        log.emit(Notice{LogLevel::Info, "app", "last"});
    });
    const std::regex lines("[-0-9T:.]+Z info  app: first\nas it is\n[-0-9T:.]+Z info  app: last\n");
    EXPECT_TRUE(std::regex_match(text, lines)) << text;
}

TEST(LogTest, FlushWaitsForTheLines) {
    const Pipe pipe;
    const auto log = make_log({}, pipe.write_end);
    for (const char* const text : {"one", "two"}) {
        log->emit(Notice{LogLevel::Info, "app", text});
        log->flush();
        EXPECT_TRUE(pipe.read_available().ends_with(fmt::format("app: {}\n", text)));
    }
}

TEST(LogTest, NobodyWaitsForAReaderThatDoesNotRead) {
    constexpr std::size_t kFlood = 20'000;
    Pipe pipe;
    auto log = make_log({}, pipe.write_end);
    for (std::size_t i = 0; i < kFlood; ++i) {
        log->emit(Notice{LogLevel::Info, "app", fmt::format("line {}", i)});
    }
    std::string text;
    std::jthread reader([&] { text = pipe.read_all(); });
    log.reset();
    pipe.close_write_end();
    reader.join();

    // Every line is there or counted, none is broken, and the newest are there.
    std::size_t seen = 0;
    std::smatch found;
    const std::regex line(
        "[-0-9T:.]+Z (info  app: line \\d+|warn  log: (\\d+) log lines were dropped)");
    std::istringstream lines(text);
    for (std::string each; std::getline(lines, each);) {
        ASSERT_TRUE(std::regex_match(each, found, line)) << each;
        seen += found[2].matched ? std::stoul(found[2]) : 1;
    }
    EXPECT_EQ(seen, kFlood);
    EXPECT_NE(text.find("lines were dropped\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with(fmt::format("app: line {}\n", kFlood - 1)));
}

TEST(LogTest, EndsThoughItsReaderNeverReads) {
    const Pipe pipe;
    const auto log = make_log({.close_limit = std::chrono::milliseconds(20)}, pipe.write_end);
    const std::string text(1000, 'x');
    for (int i = 0; i < 200; ++i) log->emit(Notice{LogLevel::Error, "app", text});
}

TEST(LogTest, AReaderThatIsGoneIsIgnored) {
    Pipe pipe;
    const auto log = make_log({}, pipe.write_end);
    pipe.close_read_end();
    log->emit(Notice{LogLevel::Error, "app", "lost"});
    log->flush();
}

TEST(LogTest, AClosedStandardErrorIsIgnored) {
    Pipe pipe;
    const int closed = pipe.write_end;
    pipe.close_write_end();
    const auto log = make_log({}, closed);
    log->emit(Notice{LogLevel::Error, "app", "lost"});
    log->flush();
}

}  // namespace kdeps::log
