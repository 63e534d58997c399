#pragma once

#include <list>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <libpq-fe.h>

#include "kdeps/base/value.hpp"

#include "postgres/postgres_errors.hpp"
#include "postgres/postgres_types.hpp"

namespace kdeps::db {

/// A statement that the server has prepared.
struct PgPrepared {
    std::string name = {};                  ///< `kdeps_` and a hash of text and declared types.
    std::string text = {};                  ///< As its user wrote it.
    std::size_t value_count = 0;            ///< How many values an execution takes.
    std::string sent_text = {};             ///< Perhaps with a parameter per occurrence.
    std::vector<std::size_t> sources = {};  ///< Parameter n takes value sources[n]; empty: value n.
    std::vector<PgOid> declared = {};  ///< 0 where the server was free to deduce; may be empty.
    std::vector<PgOid> parameter_types = {};  ///< What it deduced; empty if it cannot be asked.
    bool has_small_results = false;           ///< The last one was; the next may be read at once.
    bool was_run = false;                     ///< Since it was prepared.
    bool is_suspect = false;                  ///< A table may have changed since.

    [[nodiscard]] std::size_t parameter_count() const {
        return sources.empty() ? value_count : sources.size();
    }
    /// Whether the server can tell its types: libpq gives the session up when the answer is longer
    /// than 30,000 bytes.
    [[nodiscard]] bool is_describable() const { return parameter_count() <= 7498; }
};

/// Errors: QueryFailed when a statement takes another number of values.
void require_count(const PgPrepared& prepared, std::size_t value_count);

/// The prepared statements of one session, least recently used last.
///
/// Each occurrence of a parameter has one of its own, untyped, as if its value had been written
/// there. Where the server cannot tell a type the statement is prepared again, with the type of the
/// value at hand for those parameters that are complained about; and last with as many parameters
/// as values.
class PgStatements {
 public:
    /// Borrows all three; `types` learns the types of result columns.
    PgStatements(PGconn* connection, PgTypes& types, std::string endpoint);

    /// The prepared statement for a text and its first values. Valid until the next call.
    ///
    /// Errors:  QueryFailed with the server's words; ConnectionLost.
    PgPrepared& prepare(const std::string& text, std::span<const Value> values);
    /// The prepared statement for a text, or null; it may be that it does not fit the values. A
    /// suspect one is compared, outside transactions, with what the server makes of the text now.
    /// Valid until the next call that changes something.
    [[nodiscard]] PgPrepared* find(const std::string& text);
    /// Doubts one that has been run before; false if there is none.
    bool suspect(const std::string& text);
    void suspect_all();
    [[nodiscard]] static bool fits(const PgPrepared& entry, std::span<const Value> values);
    /// A statement to be prepared untyped on the way, and its entry once it has been run.
    [[nodiscard]] static PgPrepared draft(const std::string& text);
    void adopt(PgPrepared draft, const PGresult* description);
    /// Asks for types of columns that the session has not met.
    void learn(std::span<const PgOid> types);
    /// Drops a statement that the server no longer has or can no longer run.
    void forget(const std::string& text);
    /// Forgets all, after DEALLOCATE ALL or the like.
    void clear();
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

    static constexpr std::size_t kCapacity = 256;

 private:
    using Entries = std::list<PgPrepared>;
    struct Answers {
        PgResult failed;
        PgResult description;
    };

    PgPrepared prepare_new(const std::string& text, std::span<const Value> values);
    /// Declares what the server complains about until it is content; false if it never is.
    /// `error` is the first complaint.
    [[nodiscard]] bool prepare_with_types(PgPrepared& entry, std::span<const Value> values,
                                          std::optional<Error>& error);
    /// Gives it its name, which somebody may have taken. Result as try_prepare().
    PgResult prepare_named(PgPrepared& entry);
    /// Null result on success, else the failure.
    PgResult try_prepare(PgPrepared& entry);
    Answers send_prepare(const PgPrepared& entry, bool is_guarded);
    PgPrepared& keep(PgPrepared fresh);
    [[nodiscard]] bool has_changed(const PgPrepared& entry);
    void retire(const PgPrepared& entry);
    void deallocate(const std::string& name);

    PGconn* connection_;
    PgTypes& types_;
    std::string endpoint_;
    Entries entries_;
    std::vector<std::string> retired_names_;  ///< Still to be deallocated at the server.
    std::unordered_map<std::string_view, Entries::iterator> by_text_;
};

}  // namespace kdeps::db
