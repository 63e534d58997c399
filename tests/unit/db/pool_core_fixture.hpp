#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pool_core.hpp"
#include "support/fake_clock.hpp"

namespace kdeps::db {

using namespace std::chrono_literals;

/// A core with its clock. Each call returns the actions of that call alone.
class PoolCoreTest : public testing::Test {
 protected:
    static sql::PoolSettings settings(std::size_t max, std::size_t min = 0) {
        sql::PoolSettings settings;
        settings.name = "test";
        settings.max_connections = max;
        settings.min_connections = min;
        return settings;
    }

    void start(const sql::PoolSettings& settings, PoolCore::Limits limits = {}) {
        core.emplace(settings, limits, 1);
        out.clear();
    }
    const Actions& acquire(Ticket ticket, std::chrono::milliseconds patience = 30s) {
        return run([&] { core->acquire(ticket, now() + patience, now(), out); });
    }
    const Actions& released(SessionId session, Verdict::Need need = Verdict::Need::Nothing) {
        return run([&] { core->released(session, {.need = need}, now(), out); });
    }
    const Actions& cleaned(SessionId session, bool usable) {
        return run([&] { core->cleaned(session, usable, now(), out); });
    }
    const Actions& opened(SessionId session) {
        return run([&] { core->opened(session, now(), out); });
    }
    const Actions& open_failed(SessionId session) {
        return run([&] { core->open_failed(session, now(), out); });
    }
    const Actions& closed(SessionId session) {
        return run([&] { core->closed(session, now(), out); });
    }
    const Actions& checked(SessionId session, bool alive, bool pinged) {
        return run([&] { core->checked(session, alive, pinged, now(), out); });
    }
    const Actions& tick() {
        return run([&] { core->tick(now(), out); });
    }
    const Actions& tick_after(std::chrono::milliseconds span) {
        clock.advance(span);
        return tick();
    }
    template <typename Call>
    const Actions& run(Call call) {
        out.clear();
        call();
        return out;
    }
    [[nodiscard]] SteadyTime now() const { return clock.now(); }

    /// Opens one session through a caller and returns it, leased.
    SessionId lease(Ticket ticket) {
        acquire(ticket);
        if (!out.grants.empty()) return out.grants[0].session;
        EXPECT_EQ(out.opens.size(), 1u);
        opened(out.opens.at(0));
        EXPECT_EQ(out.grants.size(), 1u);
        return out.grants.at(0).session;
    }
    /// Answers every check with "alive", until none is left.
    void all_alive() {
        const auto checks = out.checks;
        for (const auto& check : checks) checked(check.session, true, check.ping);
    }

    test::FakeClock clock;
    std::optional<PoolCore> core;
    Actions out;
};

}  // namespace kdeps::db
