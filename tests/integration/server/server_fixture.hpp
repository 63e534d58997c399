#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include <gtest/gtest.h>

#include "http_client.hpp"
#include "server_core.hpp"
#include "support/fake_runner.hpp"

namespace kdeps::test {

/// A server on a free port with a FakeRunner behind it and short timeouts where a test wants them.
///
/// `/quick` answers at once; `/slow` waits until release() or until it is told to stop; `/big`
/// gives 8 MB.
class ServerFixture : public testing::Test {
 protected:
    static constexpr std::size_t kBigBytes = 8u << 20;

    ServerFixture() {
        settings_.api.host = "127.0.0.1";
        settings_.api.port = 0;
        for (const char* const path : {"/quick", "/slow", "/big", "/items/:id"}) {
            settings_.api.routes.push_back({.path = path,
                                            .methods = {"GET", "POST"},
                                            .timeout = {},
                                            .is_public = false,
                                            .span = {}});
        }
        front_.sweep_interval = std::chrono::milliseconds(10);
        runner_.on_run([this](const engine::Request& request, Deadline, std::stop_token stop) {
            return run(request, std::move(stop));
        });
    }
    ~ServerFixture() override {
        release();
        server_.reset();  // its runs use the members below
    }

    void start() {
        server_ = std::make_unique<server::ServerCore>(
            site(), server::front_settings(settings_, front_), *events_);
        server_->start();
    }
    /// What the settings say, run by runner_, which stays the fixture's.
    [[nodiscard]] server::Site site() {
        return {.settings = settings_, .runner = {std::shared_ptr<void>(), &runner_}};
    }
    [[nodiscard]] HttpClient connect(int receive_buffer = 0) const {
        return HttpClient(server_->port(), receive_buffer);
    }
    /// Lets every `/slow` run end, now and later.
    void release() {
        const std::lock_guard lock(mutex_);
        released_ = true;
        changed_.notify_all();
    }
    void await_running(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return running_ >= count; });
    }
    /// Whether `count` runs hear within 30 s that they should stop.
    bool await_stopped(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return stopped_ >= count; });
    }

    server::ServerSettings settings_;
    server::FrontSettings front_;
    FakeRunner runner_;
    EventSink* events_ = &null_sink();
    std::unique_ptr<server::ServerCore> server_;

 private:
    engine::RunResult run(const engine::Request& request, std::stop_token stop) {
        engine::RunResult result;
        if (request.path == "/slow") wait(std::move(stop));
        if (request.path == "/big") {
            result.response.data = std::string(kBigBytes, 'x');
        } else {
            result.response.data =
                Object{{"path", request.path}, {"query", request.query}, {"body", request.body}};
        }
        return result;
    }
    void wait(std::stop_token stop) {
        const std::stop_callback wake(stop, [this] {
            const std::lock_guard lock(mutex_);
            changed_.notify_all();
        });
        std::unique_lock lock(mutex_);
        ++running_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return released_ || stop.stop_requested(); });
        --running_;
        if (!released_) ++stopped_;
        changed_.notify_all();
        if (stop.stop_requested()) throw Error(ErrorCode::Cancelled, "the run was cancelled");
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool released_ = false;
    int running_ = 0;
    int stopped_ = 0;
};

}  // namespace kdeps::test
