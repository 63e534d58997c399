#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/db/connection.hpp"

namespace kdeps::db {

/// Which statements are known to leave their session as it was, because nothing that they touch
/// runs code of the database's own: what the sessions of one endpoint have learnt from its
/// catalogue.
///
/// Threads: safe to share.
class PlainStatements {
 public:
    /// So long an answer is believed: somebody else may change the schema. A schema change of our
    /// own sessions is noticed at once.
    static constexpr std::chrono::seconds kBelieved{30};
    static constexpr std::size_t kCapacity = 1024;
    /// Longer ones, mostly lists of values that clients choose, are asked about each time.
    static constexpr std::size_t kLongestText = std::size_t{16} << 10U;

    explicit PlainStatements(const sql::Dialect& dialect) : dialect_(dialect) {}

    [[nodiscard]] const sql::Dialect& dialect() const { return dialect_; }

    struct Knowledge {
        bool is_plain;
        SteadyTime until;
    };
    /// Changes whenever all is forgotten.
    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
    /// Nullopt if nobody knows, or not any more.
    [[nodiscard]] std::optional<Knowledge> find(const std::string& text, SteadyTime now) const;
    /// `epoch`: from before the catalogue was asked; an answer that is older than a change is none.
    void learn(const std::string& text, bool is_plain, std::uint64_t epoch);
    void forget_all();

 private:
    const sql::Dialect& dialect_;
    mutable std::mutex mutex_;
    std::atomic<std::uint64_t> epoch_ = 0;
    std::unordered_map<std::string, Knowledge> by_text_;
};

/// What the statements of one session have left in it since it was clean, as far as that is known.
///
/// Threads: one caller at a time.
class SessionTrail {
 public:
    /// Statements beyond that many are asked about another time.
    static constexpr std::size_t kMostUnknown = 16;

    explicit SessionTrail(std::shared_ptr<PlainStatements> known) : known_(std::move(known)) {}

    /// Before a statement is run.
    void note(const Statement& statement);
    /// Whether all that was run is known to be plain.
    [[nodiscard]] bool is_clean() const { return is_clean_; }
    /// Whether a statement was run that certainly is not plain, or too many that nobody knows.
    [[nodiscard]] bool has_foreign() const { return has_foreign_; }
    /// Whether a statement is plain, as far as anybody knows.
    [[nodiscard]] bool is_plain(const Statement& statement);

    /// The session is as new. Returns the statements that nobody knew.
    [[nodiscard]] std::vector<std::shared_ptr<const std::string>> start_anew();
    [[nodiscard]] PlainStatements& known() const { return *known_; }

 private:
    [[nodiscard]] std::optional<bool> ask(const std::string& text);

    std::shared_ptr<PlainStatements> known_;
    std::uint64_t epoch_ = 0;
    std::unordered_map<std::string, SteadyTime> plain_until_;  ///< Copied: asked without a lock.
    std::vector<std::shared_ptr<const std::string>> unknown_;
    bool is_clean_ = true;
    bool has_foreign_ = false;
    bool changes_schema_ = false;
};

}  // namespace kdeps::db
