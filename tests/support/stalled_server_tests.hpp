#pragma once

#include <chrono>
#include <stop_token>
#include <thread>
#include <utility>

#include "support/stalled_server.hpp"

// What holds on every database whose server falls silent. One file per program includes this and
// instantiates `StalledServerTest` for its fixture.

namespace kdeps::test {

using namespace std::chrono_literals;

TYPED_TEST_SUITE_P(StalledServerTest);

TYPED_TEST_P(StalledServerTest, EveryCallerIsAnsweredSoonAfterItsDeadline) {
    this->open_pool(10);
    auto held = this->leases(10);
    this->gate->freeze();
    for (const auto time : this->execute_on_all(std::move(held), Deadline::after(300ms), {},
                                                ErrorCode::ResourceTimeout)) {
        EXPECT_LT(time, 300ms + this->kLeave);
    }
    // The pool has begun to replace the lost sessions; nobody waits for those logins.
    EXPECT_LT(this->time_of([&] { this->pool.reset(); }), this->kGrace);
}

TYPED_TEST_P(StalledServerTest, StopIsObeyedWithoutADeadline) {
    this->open_pool(3);
    auto held = this->leases(3);
    this->gate->freeze();
    std::stop_source source;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(100ms);  // when the statements are under way
        source.request_stop();
    });
    for (const auto time : this->execute_on_all(std::move(held), Deadline::never(),
                                                source.get_token(), ErrorCode::Cancelled)) {
        EXPECT_LT(time, 100ms + this->kLeave);
    }
}

TYPED_TEST_P(StalledServerTest, CancelThatIsNotTakenCostsTheSession) {
    const auto session = this->connect_through_gate();
    this->gate->freeze();
    EXPECT_LT(this->time_of([&] { session->cancel(); }), this->kGrace);
    EXPECT_EQ(session->state(), db::SessionState::Broken);
}

TYPED_TEST_P(StalledServerTest, AbortEndsACancelUnderWay) {
    const auto session = this->connect_through_gate();
    this->gate->freeze();
    const std::jthread aborter([&] {
        std::this_thread::sleep_for(100ms);
        session->abort();
    });
    EXPECT_LT(this->time_of([&] { session->cancel(); }), 1s);
    EXPECT_LT(this->time_of([&] { session->cancel(); }), 1s);
}

TYPED_TEST_P(StalledServerTest, SessionSurvivesAShortStall) {
    this->open_pool(1);
    auto held = this->leases(1);
    this->gate->freeze();
    const std::jthread thawer([&] {
        std::this_thread::sleep_for(500ms);
        this->gate->thaw();
    });
    static_cast<void>(held[0].execute(reading("SELECT 1"), {}, Deadline::after(5s), {}));
    held.clear();
    EXPECT_EQ(this->pool->stats().opened_ever, 1u);
}

REGISTER_TYPED_TEST_SUITE_P(StalledServerTest, EveryCallerIsAnsweredSoonAfterItsDeadline,
                            StopIsObeyedWithoutADeadline, CancelThatIsNotTakenCostsTheSession,
                            AbortEndsACancelUnderWay, SessionSurvivesAShortStall);

}  // namespace kdeps::test
