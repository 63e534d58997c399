// Random lives of a PoolCore: every step is followed by the invariants a pool must never break.
// A failing seed replays exactly.

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pool_core.hpp"
#include "support/fake_clock.hpp"

namespace kdeps::db {
namespace {

using namespace std::chrono_literals;

using Key = std::pair<std::uint32_t, std::uint32_t>;
Key key(SessionId session) {
    return {session.slot, session.generation};
}

/// The world round the core: a server that goes up and down, callers that come, wait, leave, hold.
class World {
 public:
    World(std::uint64_t seed, PoolCore::Limits limits)
        : random_(seed), settings_(random_settings()), core_(settings_, limits, seed) {}

    void step() {
        switch (random(13)) {
            case 0:
            case 1:
            case 2:
                return acquire();
            case 3:
                return cancel();
            case 4:
            case 5:
                return release(random_need());
            case 6:
                return finish_open();
            case 7:
                return finish_close();
            case 8:
                return finish_check();
            case 9:  // a cleaning that hangs ends late, and badly
                return finish_clean(up_ && random(10) != 0);
            case 10:
                return advance(std::chrono::milliseconds(random(random(20) == 0 ? 60'000 : 50)));
            case 11:
                if (random(200) == 0) up_ = !up_;
                return;
            default:
                if (random(500) == 0) reconfigure();
        }
    }

    /// The server is well again and callers go away: what must be left?
    void heal_and_drain() {
        up_ = true;
        calm_ = true;
        for (int i = 0; i < 10'000; ++i) {
            while (!leased_.empty()) release(random_need());
            while (!cleaning_.empty()) finish_clean(true);
            while (!opening_.empty()) finish_open();
            while (!closing_.empty()) finish_close();
            while (!checking_.empty()) finish_check();
            advance(20ms);
            const auto counts = core_.counts();
            if (i > 1000 && counts.waiting + counts.opening + counts.closing == 0) break;
        }
        EXPECT_TRUE(waiting_.empty());
        EXPECT_EQ(answered_ + cancelled_, tickets_);
        EXPECT_EQ(core_.counts().active + core_.counts().cleaning, 0u);
        EXPECT_EQ(core_.counts().closing, 0u);
        EXPECT_GE(core_.counts().idle, std::min(settings_.min_connections, core_.counts().max));
    }

    /// After the longest idle time only the minimum may be left.
    void expect_shrinks_to_the_minimum() {
        for (int i = 0; i < 2'000; ++i) {
            advance(1s);
            settle();
        }
        EXPECT_LE(core_.counts().total,
                  std::min(settings_.min_connections, core_.counts().max) + 1);  // being replaced
    }

    void shut_down() {
        apply([&] { core_.shut_down(clock_.now(), out_); });
        while (!leased_.empty()) release(random_need());
        while (!cleaning_.empty()) finish_clean(random(2) == 0);
        while (!opening_.empty()) finish_open();
        while (!checking_.empty()) finish_check();
        while (!closing_.empty()) finish_close();
        EXPECT_EQ(core_.counts().total, 0u);
        EXPECT_EQ(core_.counts().opened_ever, core_.counts().closed_ever);
    }

    [[nodiscard]] std::size_t granted() const { return granted_; }

 private:
    /// Lets everything under way end.
    void settle() {
        while (checking_.size() + opening_.size() + closing_.size() > 0) {
            finish_check();
            finish_open();
            finish_close();
        }
    }

    std::size_t random(std::size_t below) {
        return static_cast<std::size_t>(random_() % std::max<std::size_t>(below, 1));
    }

    sql::PoolSettings random_settings() {
        sql::PoolSettings settings;
        settings.max_connections = 1 + random(8);
        settings.min_connections = random(4);
        settings.max_waiters = 5 + random(40);
        settings.max_idle_time = std::chrono::seconds(1 + random(600));
        settings.max_lifetime = std::chrono::seconds(5 + random(1000));
        settings.health_check_interval = std::chrono::seconds(random(40));
        return settings;
    }

    void acquire() {
        const Ticket ticket = ++tickets_;
        const auto patience = std::chrono::milliseconds(random(3000));
        waiting_[ticket] = clock_.now() + patience;
        apply([&] { core_.acquire(ticket, waiting_[ticket], clock_.now(), out_); });
    }

    void cancel() {
        if (waiting_.empty()) return;
        auto victim = waiting_.begin();
        std::advance(victim, static_cast<std::ptrdiff_t>(random(waiting_.size())));
        EXPECT_TRUE(core_.cancel_wait(victim->first));
        EXPECT_FALSE(core_.cancel_wait(victim->first));
        waiting_.erase(victim);
        ++cancelled_;
    }

    Verdict::Need random_need() {
        using enum Verdict::Need;
        constexpr Verdict::Need kNeeds[] = {Verify, RollBack, Reset, Close};
        return random(3) == 0 ? kNeeds[random(std::size(kNeeds))] : Nothing;
    }

    void release(Verdict::Need need) {
        if (leased_.empty()) return;
        const SessionId session = take(leased_);
        apply([&] { core_.released(session, {.need = need}, clock_.now(), out_); });
    }

    void finish_clean(bool usable) {
        if (cleaning_.empty()) return;
        const SessionId session = take(cleaning_);
        apply([&] { core_.cleaned(session, usable, clock_.now(), out_); });
    }

    void finish_open() {
        if (opening_.empty()) return;
        const SessionId session = take(opening_);
        if (up_ && (calm_ || random(20) != 0)) {
            apply([&] { core_.opened(session, clock_.now(), out_); });
        } else {
            apply([&] { core_.open_failed(session, clock_.now(), out_); });
        }
    }

    void finish_close() {
        if (closing_.empty()) return;
        const SessionId session = take(closing_);
        apply([&] { core_.closed(session, clock_.now(), out_); });
    }

    void finish_check() {
        if (checking_.empty()) return;
        const SessionId session = take(checking_);
        const bool ping = pings_.erase(key(session)) > 0;
        apply([&] {
            core_.checked(session, up_ && (calm_ || random(10) != 0), ping, clock_.now(), out_);
        });
    }

    void advance(std::chrono::nanoseconds span) {
        clock_.advance(span);
        if (clock_.now() < core_.wake_at()) return;
        apply([&] { core_.tick(clock_.now(), out_); });
        for (const auto& [ticket, deadline] : waiting_) {
            EXPECT_GT(deadline, clock_.now()) << "ticket " << ticket << " outlived its deadline";
        }
        if (out_.empty()) {
            EXPECT_GT(core_.wake_at(), clock_.now()) << "a busy loop";
        }
    }

    void reconfigure() {
        settings_ = random_settings();
        apply([&] { core_.configure(settings_, clock_.now(), out_); });
    }

    template <typename Call>
    void apply(Call call) {
        out_.clear();
        call();
        carry_out();
        check();
    }

    void carry_out() {
        const Actions actions = out_;
        if (!actions.opens.empty()) {
            EXPECT_LE(core_.counts().total, core_.counts().max) << "opened over the cap";
        }
        for (const auto& refusal : actions.refusals) {
            const auto waiter = waiting_.find(refusal.ticket);
            ASSERT_NE(waiter, waiting_.end()) << "answered twice";
            if (refusal.reason == RefuseReason::Timeout) {
                EXPECT_LE(waiter->second, clock_.now());
            }
            waiting_.erase(waiter);
            ++answered_;
        }
        std::vector<Actions::Grant> dead;
        for (const auto& grant : actions.grants) {
            ASSERT_FALSE(waiting_.empty());
            ASSERT_EQ(grant.ticket, waiting_.begin()->first) << "not first come, first served";
            deadline_of_[grant.ticket] = waiting_.begin()->second;
            waiting_.erase(waiting_.begin());
            ASSERT_TRUE(leased_.emplace(key(grant.session), grant.session).second)
                << "granted to two callers";
            if (grant.look_first && !calm_ && random(4) == 0) {
                dead.push_back(grant);
            } else {
                ++answered_;
                ++granted_;
            }
        }
        for (const SessionId session : actions.opens) {
            ASSERT_TRUE(seen_.insert(key(session)).second) << "an id was used twice";
            opening_.emplace(key(session), session);
        }
        for (const auto& check : actions.checks) {
            checking_.emplace(key(check.session), check.session);
            if (check.ping) pings_.insert(key(check.session));
        }
        for (const auto& clean : actions.cleans) {
            ASSERT_NE(clean.need, Verdict::Need::Nothing);
            ASSERT_TRUE(cleaning_.emplace(key(clean.session), clean.session).second);
        }
        for (const auto& close : actions.closes) {
            ASSERT_FALSE(cleaning_.contains(key(close.session))) << "closed while it was cleaned";
            ASSERT_FALSE(leased_.contains(key(close.session)) && close.reason != CloseReason::Dead)
                << "closed while in use";
            leased_.erase(key(close.session));
            closing_.emplace(key(close.session), close.session);
        }
        for (const auto& grant : dead) {
            waiting_[grant.ticket] = deadline_of_[grant.ticket];
            apply([&] {
                core_.retry(grant.ticket, deadline_of_[grant.ticket], grant.session, clock_.now(),
                            out_);
            });
        }
    }

    void check() const {
        const auto counts = core_.counts();
        ASSERT_EQ(counts.total,
                  counts.idle + counts.active + counts.cleaning + counts.opening + counts.closing);
        ASSERT_EQ(counts.active, leased_.size());
        ASSERT_EQ(counts.cleaning, cleaning_.size());
        ASSERT_EQ(counts.opening, opening_.size());
        ASSERT_LE(counts.opening, PoolCore::kMaxOpening);
        ASSERT_EQ(counts.waiting, waiting_.size());
        ASSERT_LE(pings_.size(), PoolCore::kMaxPings);
        if (waiting_.empty()) return;
        ASSERT_EQ(counts.idle, checking_.size()) << "somebody waits beside an idle session";
        ASSERT_GT(counts.total, 0u) << "a waiter with nothing to hope for";
        ASSERT_LE(core_.wake_at(), waiting_.begin()->second);
    }

    SessionId take(std::map<Key, SessionId>& from) {
        auto chosen = from.begin();
        std::advance(chosen, static_cast<std::ptrdiff_t>(random(from.size())));
        const SessionId session = chosen->second;
        from.erase(chosen);
        return session;
    }

    std::mt19937_64 random_;
    test::FakeClock clock_;
    sql::PoolSettings settings_;
    PoolCore core_;
    Actions out_;
    bool up_ = true;
    bool calm_ = false;  ///< Nothing dies by chance any more.

    Ticket tickets_ = 0;
    std::size_t answered_ = 0;
    std::size_t cancelled_ = 0;
    std::size_t granted_ = 0;
    std::map<Ticket, SteadyTime> waiting_;
    std::map<Ticket, SteadyTime> deadline_of_;
    std::map<Key, SessionId> leased_;
    std::map<Key, SessionId> opening_;
    std::map<Key, SessionId> cleaning_;
    std::map<Key, SessionId> closing_;
    std::map<Key, SessionId> checking_;
    std::set<Key> pings_;
    std::set<Key> seen_;
};

struct Run {
    std::uint64_t seed;
    PoolCore::Limits limits;
};

class PoolSimulationTest : public testing::TestWithParam<Run> {};

TEST_P(PoolSimulationTest, KeepsItsPromises) {
    World world(GetParam().seed, GetParam().limits);
    for (int i = 0; i < 100'000 && !HasFatalFailure() && !HasNonfatalFailure(); ++i) world.step();
    if (HasFailure()) return;
    world.heal_and_drain();
    if (GetParam().limits.may_retire) world.expect_shrinks_to_the_minimum();
    world.shut_down();
    EXPECT_GT(world.granted(), 1000u) << "the simulation hardly did anything";
}

std::vector<Run> runs() {
    std::vector<Run> all;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) all.push_back({seed, {}});
    all.push_back({101, {.max_sessions = 1, .may_retire = false}});
    all.push_back({102, {.max_sessions = 2, .may_retire = true}});
    return all;
}

INSTANTIATE_TEST_SUITE_P(Seeds, PoolSimulationTest, testing::ValuesIn(runs()),
                         [](const auto& c) { return "Seed" + std::to_string(c.param.seed); });

}  // namespace
}  // namespace kdeps::db
