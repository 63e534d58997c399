#include "pool_core.hpp"

#include <algorithm>

namespace kdeps::db {

namespace {

/// `time + span` without overflow; a span of zero or less means never.
SteadyTime later(SteadyTime time, std::chrono::milliseconds span) {
    constexpr auto kForever = std::chrono::hours(24 * 365 * 50);
    if (span.count() <= 0 || span >= kForever || time == SteadyTime::max()) {
        return SteadyTime::max();
    }
    return time + span;
}

}  // namespace

std::string_view reason_text(CloseReason reason) {
    switch (reason) {
        case CloseReason::Returned:
            return "given back to be closed";
        case CloseReason::Dead:
            return "closed by the server while idle";
        case CloseReason::IdleTooLong:
            return "idle longer than maxIdleTime";
        case CloseReason::TooOld:
            return "older than maxLifetime";
        case CloseReason::OverCap:
            return "maxConnections was lowered";
        case CloseReason::PoolClosed:
            return "the pool is closed";
    }
    return "";
}

std::string_view need_text(Verdict::Need need) {
    switch (need) {
        case Verdict::Need::Nothing:
            return "nothing";
        case Verdict::Need::Verify:
            return "verify";
        case Verdict::Need::RollBack:
            return "roll_back";
        case Verdict::Need::Reset:
            return "reset";
        case Verdict::Need::Close:
            return "close";
    }
    return "";
}

void Actions::clear() {
    grants.clear();
    opens.clear();
    closes.clear();
    checks.clear();
    cleans.clear();
    refusals.clear();
}

bool Actions::empty() const {
    return grants.empty() && opens.empty() && closes.empty() && checks.empty() && cleans.empty() &&
           refusals.empty();
}

PoolCore::PoolCore(const sql::PoolSettings& settings, Limits limits, std::uint64_t seed)
    : settings_(settings), limits_(limits), random_(seed) {}

// What callers and the owner report.

void PoolCore::acquire(Ticket ticket, SteadyTime deadline, SteadyTime now, Actions& out) {
    if (down_) {
        out.refusals.push_back({ticket, RefuseReason::PoolClosed});
    } else if (deadline <= now) {
        ++timeouts_ever_;
        out.refusals.push_back({ticket, RefuseReason::Timeout});
    } else if (!idle_.empty()) {  // then nobody waits: no overtaking
        grant(ticket, now, out);
    } else if (waiters_.size() >= settings_.max_waiters) {
        out.refusals.push_back({ticket, RefuseReason::QueueFull});
    } else {
        enqueue(ticket, deadline);
        start_opens(now, out);
    }
}

bool PoolCore::cancel_wait(Ticket ticket) {
    const auto found = std::ranges::lower_bound(waiters_, ticket, {}, &Waiter::ticket);
    if (found == waiters_.end() || found->ticket != ticket) return false;
    waiters_.erase(found);
    return true;
}

void PoolCore::retry(Ticket ticket, SteadyTime deadline, SessionId dead, SteadyTime now,
                     Actions& out) {
    --acquired_ever_;
    if (down_) {
        out.refusals.push_back({ticket, RefuseReason::PoolClosed});
    } else {
        enqueue(ticket, deadline);
    }
    if (Slot* slot = find(dead, State::Active)) begin_close(*slot, CloseReason::Dead, now, out);
    serve(now, out);
}

void PoolCore::released(SessionId session, const Verdict& verdict, SteadyTime now, Actions& out) {
    Slot* slot = find(session, State::Active);
    if (slot == nullptr) return;
    if (verdict.need == Verdict::Need::Nothing) {
        settle(*slot, true, now, out);
    } else if (verdict.need == Verdict::Need::Close) {
        settle(*slot, false, now, out);
    } else if (must_close(*slot)) {  // nobody will use it again
        make_idle(*slot, now, out);
    } else {
        set_state(*slot, State::Cleaning);
        out.cleans.push_back({session, verdict.need});
        start_opens(now, out);
    }
}

void PoolCore::cleaned(SessionId session, bool usable, SteadyTime now, Actions& out) {
    if (Slot* slot = find(session, State::Cleaning)) settle(*slot, usable, now, out);
}

/// A session is out of its user's hands: as good as new, or of no use.
void PoolCore::settle(Slot& slot, bool usable, SteadyTime now, Actions& out) {
    if (!usable) {
        begin_close(slot, CloseReason::Returned, now, out);
        serve(now, out);
        return;
    }
    slot.since = slot.last_answer = slot.last_look = now;
    make_idle(slot, now, out);
}

void PoolCore::opened(SessionId session, SteadyTime now, Actions& out) {
    Slot* slot = find(session, State::Opening);
    if (slot == nullptr) return;
    ++opened_ever_;
    failures_ = 0;
    slot->age = Age::Young;
    slot->since = slot->last_answer = slot->last_look = now;
    const auto lifetime = std::chrono::duration<double, std::milli>(settings_.max_lifetime) *
                          random_between(0.9, 1.1);
    slot->expires =
        limits_.may_retire
            ? later(now, std::chrono::duration_cast<std::chrono::milliseconds>(lifetime))
            : SteadyTime::max();
    settle_debt(now, out);  // first: otherwise this session's purpose would be opened for again
    // A replacement has been idle for as long as what it replaces, or a pool whose sessions live
    // shorter than they may idle would never shrink.
    if (!inherited_.empty()) {
        slot->since = inherited_.front();
        inherited_.pop_front();
    }
    if (owed_ + awaiting_ == 0) inherited_.clear();
    make_idle(*slot, now, out);
    start_opens(now, out);  // kMaxOpening may have held others back
}

void PoolCore::open_failed(SessionId session, SteadyTime now, Actions& out) {
    Slot* slot = find(session, State::Opening);
    if (slot == nullptr) return;
    free_slot(*slot);
    // Opens that were in flight together are one failure, not several: they must not multiply
    // the pause.
    if (failures_ == 0 || now >= retry_at_) {
        const unsigned doublings = std::min(failures_++, 9u);
        const auto pause = std::min(kFirstBackOff * (1u << doublings), kLongestBackOff);
        retry_at_ = now + std::chrono::duration_cast<SteadyTime::duration>(
                              pause * random_between(0.5, 1.0));
    }
    if (ready() == 0 && count(State::Opening) == 0) {
        refuse_all(RefuseReason::ConnectFailed, out);
    }
    start_opens(now, out);
}

void PoolCore::closed(SessionId session, SteadyTime now, Actions& out) {
    Slot* slot = find(session, State::Closing);
    if (slot == nullptr) return;  // it had stopped counting
    free_slot(*slot);
    start_opens(now, out);
}

void PoolCore::checked(SessionId session, bool alive, bool pinged, SteadyTime now, Actions& out) {
    Slot* slot = find(session, State::Checking);
    if (slot == nullptr) return;
    if (slot->pinging) --pings_;
    slot->pinging = false;
    slot->last_look = now;
    if (pinged) slot->last_answer = now;
    if (alive) {
        make_idle(*slot, now, out);
    } else {
        begin_close(*slot, CloseReason::Dead, now, out);
        serve(now, out);
    }
    if (pinged) wake_no_later_than(now);  // the next ping may be due
}

void PoolCore::tick(SteadyTime now, Actions& out) {
    refuse_expired(now, out);
    if (owed_ > 0 && now >= owed_until_) owed_ = 0;
    forget_unconfirmed(now);
    if (!down_ && limits_.may_retire) {
        close_idle_too_long(now, out);
        retire_old(now, out);
        start_checks(now, out);
    }
    start_opens(now, out);
    plan_wake();
}

void PoolCore::want_one(SteadyTime now, Actions& out) {
    if (ready() + count(State::Opening) == 0) owe_one(now);
    start_opens(now, out);
}

void PoolCore::configure(const sql::PoolSettings& settings, SteadyTime now, Actions& out) {
    settings_ = settings;
    refuse_expired(now, out);
    close_surplus(now, out);
    serve(now, out);
    wake_no_later_than(now);
}

void PoolCore::shut_down(SteadyTime now, Actions& out) {
    down_ = true;
    refuse_all(RefuseReason::PoolClosed, out);
    close_surplus(now, out);
}

PoolCore::Counts PoolCore::counts() const {
    return {.total = total(),
            .idle = count(State::Idle) + count(State::Checking),
            .active = count(State::Active),
            .cleaning = count(State::Cleaning),
            .opening = count(State::Opening),
            .closing = count(State::Closing),
            .waiting = waiters_.size(),
            .max = cap(),
            .opened_ever = opened_ever_,
            .closed_ever = closed_ever_,
            .acquired_ever = acquired_ever_,
            .timeouts_ever = timeouts_ever_};
}

// Slots.

PoolCore::Slot* PoolCore::find(SessionId session, State expected) {
    if (session.slot >= slots_.size()) return nullptr;
    Slot& slot = slots_[session.slot];
    return slot.generation == session.generation && slot.state == expected ? &slot : nullptr;
}

std::uint32_t PoolCore::index_of(const Slot& slot) const {
    return static_cast<std::uint32_t>(&slot - slots_.data());
}

SessionId PoolCore::id_of(const Slot& slot) const {
    return {index_of(slot), slot.generation};
}

void PoolCore::set_state(Slot& slot, State state) {
    --counts_[static_cast<std::size_t>(slot.state)];
    ++counts_[static_cast<std::size_t>(state)];
    slot.state = state;
}

std::size_t PoolCore::count(State state) const {
    return counts_[static_cast<std::size_t>(state)];
}

std::size_t PoolCore::total() const {
    return slots_.size() - count(State::Free);
}

std::size_t PoolCore::ready() const {
    return count(State::Idle) + count(State::Active) + count(State::Cleaning) +
           count(State::Checking);
}

std::size_t PoolCore::cap() const {
    return std::max<std::size_t>(1, std::min(settings_.max_connections, limits_.max_sessions));
}

std::size_t PoolCore::floor() const {
    return std::min(settings_.min_connections, cap());
}

void PoolCore::free_slot(Slot& slot) {
    if (slot.state == State::Closing) ++closed_ever_;
    set_state(slot, State::Free);
    ++slot.generation;
    free_.push_back(index_of(slot));
}

// Serving callers.

/// The session used last, while its server caches are warm. One that is near the end of its life
/// rests instead, so that it can be replaced: then the youngest.
std::uint32_t PoolCore::take_idle(SteadyTime now) {
    auto chosen = std::prev(idle_.end());
    if (later(now, settings_.max_lifetime / 10) > slots_[*chosen].expires) {
        chosen = std::ranges::max_element(
            idle_, {}, [this](std::uint32_t index) { return slots_[index].expires; });
    }
    const std::uint32_t index = *chosen;
    idle_.erase(chosen);
    return index;
}

void PoolCore::grant(Ticket ticket, SteadyTime now, Actions& out) {
    Slot& slot = slots_[take_idle(now)];
    set_state(slot, State::Active);
    ++acquired_ever_;
    out.grants.push_back({ticket, id_of(slot), now - slot.last_look > kFresh});
}

void PoolCore::enqueue(Ticket ticket, SteadyTime deadline) {
    const auto place = std::ranges::lower_bound(waiters_, ticket, {}, &Waiter::ticket);
    waiters_.insert(place, {ticket, deadline});
    wake_no_later_than(deadline);
}

void PoolCore::serve(SteadyTime now, Actions& out) {
    while (!waiters_.empty() && !idle_.empty()) {
        const Ticket first = waiters_.front().ticket;
        waiters_.pop_front();
        grant(first, now, out);
    }
    start_opens(now, out);
}

void PoolCore::refuse_all(RefuseReason reason, Actions& out) {
    for (const Waiter& waiter : waiters_) out.refusals.push_back({waiter.ticket, reason});
    waiters_.clear();
}

void PoolCore::refuse_expired(SteadyTime now, Actions& out) {
    std::erase_if(waiters_, [&](const Waiter& waiter) {
        if (waiter.deadline > now) return false;
        ++timeouts_ever_;
        out.refusals.push_back({waiter.ticket, RefuseReason::Timeout});
        return true;
    });
}

/// Puts a usable session where it belongs: to the first waiter, to the idle ones, or out.
void PoolCore::make_idle(Slot& slot, SteadyTime now, Actions& out) {
    if (must_close(slot)) {
        begin_close(slot, forced_reason(slot), now, out);
        serve(now, out);
        return;
    }
    set_state(slot, State::Idle);
    // A checked session keeps its place: checks must not make old sessions look recently used.
    const auto place = std::ranges::upper_bound(
        idle_, slot.since, {}, [this](std::uint32_t index) { return slots_[index].since; });
    idle_.insert(place, index_of(slot));
    wake_no_later_than(due(slot));
    if (!waiters_.empty()) serve(now, out);
}

void PoolCore::leave_idle(const Slot& slot) {
    std::erase(idle_, index_of(slot));
}

// Closing.

bool PoolCore::must_close(const Slot& slot) const {
    return down_ || slot.age == Age::Replaced || total() - count(State::Closing) > cap();
}

CloseReason PoolCore::forced_reason(const Slot& slot) const {
    if (down_) return CloseReason::PoolClosed;
    return slot.age == Age::Replaced ? CloseReason::TooOld : CloseReason::OverCap;
}

void PoolCore::begin_close(Slot& slot, CloseReason reason, SteadyTime now, Actions& out) {
    if (slot.state == State::Idle) leave_idle(slot);
    const bool was_in_use = slot.state == State::Active || slot.state == State::Cleaning;
    if (reason == CloseReason::TooOld && !was_in_use) {
        inherited_.push_back(slot.since);
    }
    if (slot.age == Age::AwaitsReplacement) --awaiting_;
    const bool lost = reason == CloseReason::Dead || reason == CloseReason::Returned;
    if (lost && slot.age != Age::Replaced) owe_one(now);
    set_state(slot, State::Closing);
    slot.age = Age::Young;
    slot.since = now;
    out.closes.push_back({id_of(slot), reason});
    wake_no_later_than(due(slot));
}

void PoolCore::close_surplus(SteadyTime now, Actions& out) {
    while (!idle_.empty() && must_close(slots_[idle_.front()])) {
        Slot& oldest = slots_[idle_.front()];
        begin_close(oldest, forced_reason(oldest), now, out);
    }
}

void PoolCore::close_idle_too_long(SteadyTime now, Actions& out) {
    while (!idle_.empty() && ready() > floor()) {
        Slot& oldest = slots_[idle_.front()];
        if (later(oldest.since, settings_.max_idle_time) > now) return;
        begin_close(oldest, CloseReason::IdleTooLong, now, out);
    }
}

/// A session past its lifetime is closed once another one has been opened for it. Where the cap
/// leaves no room, one at a time is closed first.
void PoolCore::retire_old(SteadyTime now, Actions& out) {
    for (Slot& slot : slots_) {
        const bool is_open = slot.state != State::Free && slot.state != State::Opening &&
                             slot.state != State::Closing;
        if (!is_open || slot.age == Age::Replaced || slot.expires > now) continue;
        if (slot.age == Age::Young) {
            slot.age = Age::AwaitsReplacement;
            ++awaiting_;
        }
        const bool moving = count(State::Opening) + count(State::Closing) > 0;
        if (total() < cap() || moving || replaced_in_use()) continue;
        --awaiting_;
        slot.age = Age::Replaced;
        owe_one(now);
        if (slot.state == State::Idle) begin_close(slot, CloseReason::TooOld, now, out);
    }
}

bool PoolCore::replaced_in_use() const {
    return std::ranges::any_of(slots_, [](const Slot& slot) { return slot.age == Age::Replaced; });
}

/// The server may never confirm the end of a session (a frozen host). Counting it for ever would
/// shrink the pool for good.
void PoolCore::forget_unconfirmed(SteadyTime now) {
    for (Slot& slot : slots_) {
        if (slot.state == State::Closing && now - slot.since >= kCloseTimeout) free_slot(slot);
    }
}

// Opening.

void PoolCore::owe_one(SteadyTime now) {
    owed_ = std::min(owed_ + 1, cap());
    owed_until_ = later(now, settings_.max_idle_time);
    wake_no_later_than(owed_until_);
}

/// One more session is open: an old one may go, or one lost session is made good.
void PoolCore::settle_debt(SteadyTime now, Actions& out) {
    if (awaiting_ == 0) {
        if (owed_ > 0) --owed_;
        return;
    }
    const auto old = std::ranges::min_element(slots_, {}, [](const Slot& slot) {
        return slot.age == Age::AwaitsReplacement ? slot.expires : SteadyTime::max();
    });
    --awaiting_;
    old->age = Age::Replaced;
    if (old->state == State::Idle) begin_close(*old, CloseReason::TooOld, now, out);
}

std::size_t PoolCore::opens_wanted() const {
    const auto lacking = [](std::size_t wanted, std::size_t there) {
        return wanted > there ? wanted - there : 0;
    };
    // A session being looked at is back in a moment and counts for a waiter. One being pinged or
    // cleaned does not: the answer may never come.
    return std::max({lacking(waiters_.size(), count(State::Checking) - pings_),
                     lacking(floor(), ready()), owed_ + awaiting_});
}

/// While the endpoint is known to be down there is one attempt at a time, after a pause; except
/// that callers who have nothing else to hope for are given one attempt, which they share.
void PoolCore::start_opens(SteadyTime now, Actions& out) {
    if (down_) return;
    const std::size_t wanted = opens_wanted();
    if (wanted <= count(State::Opening)) return;
    if (failures_ > 0) {
        const bool starving = !waiters_.empty() && ready() == 0 && count(State::Opening) == 0;
        if (now < retry_at_ && !starving) {
            wake_no_later_than(retry_at_);
            return;
        }
    }
    const std::size_t limit = failures_ > 0 ? 1 : kMaxOpening;
    while (count(State::Opening) < std::min(wanted, limit) && total() < cap()) open_one(out);
}

void PoolCore::open_one(Actions& out) {
    if (free_.empty()) {
        slots_.emplace_back();
        ++counts_[static_cast<std::size_t>(State::Free)];
        free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
    }
    Slot& slot = slots_[free_.back()];
    free_.pop_back();
    slot.age = Age::Young;
    set_state(slot, State::Opening);
    out.opens.push_back(id_of(slot));
}

// Checking, and when to look again.

void PoolCore::start_checks(SteadyTime now, Actions& out) {
    const std::vector<std::uint32_t> idle = idle_;  // begin_check() changes it
    for (const std::uint32_t index : idle) {
        Slot& slot = slots_[index];
        const bool ping =
            pings_ < kMaxPings && later(slot.last_answer, settings_.health_check_interval) <= now;
        if (!ping && now - slot.last_look < kLookInterval) continue;
        leave_idle(slot);
        set_state(slot, State::Checking);
        slot.pinging = ping;
        if (ping) ++pings_;
        out.checks.push_back({id_of(slot), ping});
    }
}

void PoolCore::wake_no_later_than(SteadyTime time) {
    wake_ = std::min(wake_, time);
}

/// When something about this session becomes due. An idle time that only counts because another
/// session was opened meanwhile is noticed up to kLookInterval late.
SteadyTime PoolCore::due(const Slot& slot) const {
    if (slot.state == State::Closing) return slot.since + kCloseTimeout;
    if (!limits_.may_retire || slot.state == State::Free || slot.state == State::Opening) {
        return SteadyTime::max();
    }
    const SteadyTime expiry = slot.age == Age::Young ? slot.expires : SteadyTime::max();
    if (slot.state != State::Idle) return expiry;
    const SteadyTime too_long =
        ready() > floor() ? later(slot.since, settings_.max_idle_time) : SteadyTime::max();
    const SteadyTime ping = pings_ < kMaxPings
                                ? later(slot.last_answer, settings_.health_check_interval)
                                : SteadyTime::max();
    return std::min({expiry, too_long, ping, slot.last_look + kLookInterval});
}

void PoolCore::plan_wake() {
    wake_ = SteadyTime::max();
    for (const Slot& slot : slots_) wake_no_later_than(due(slot));
    for (const Waiter& waiter : waiters_) wake_no_later_than(waiter.deadline);
    if (owed_ > 0) wake_no_later_than(owed_until_);
    const bool may_open = !down_ && total() < cap() && opens_wanted() > count(State::Opening);
    if (failures_ > 0 && may_open && count(State::Opening) == 0) wake_no_later_than(retry_at_);
}

double PoolCore::random_between(double low, double high) {
    // Not std::uniform_real_distribution: its results differ between standard libraries.
    constexpr double kSteps = 9007199254740992.0;  // 2^53
    return low + (high - low) * (static_cast<double>(random_() >> 11) / kSteps);
}

}  // namespace kdeps::db
