#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/db/pool.hpp"
#include "kdeps/io/task_threads.hpp"
#include "kdeps/sql/dsn.hpp"
#include "kdeps/sql/pool_settings.hpp"
#include "kdeps/workflow/schema.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::resources {

/// One database the workflow talks to. Its pool exists once Connections::open() was called.
struct DatabaseConnection {
    std::string name;
    sql::Dsn dsn;
    sql::PoolSettings settings;
    std::string init_script;  ///< Absolute path, or empty.
    std::shared_ptr<db::Pool> pool;
    /// Why it is down or unusable; empty when the database answered, or was open already.
    std::string problem;

    /// Errors: NotSupported when there is no driver for the database.
    [[nodiscard]] db::Pool& require_pool() const;
};

/// The pools that are open, by name. Workflows hold what they need; a pool closes once nothing
/// holds it any more, on a thread of its own: whoever held it last does not wait.
///
/// Threads: safe to share. The end waits for the pools that are closing.
class PoolRegistry {
 public:
    explicit PoolRegistry(EventSink& events) : events_(events) {}

    /// The open pool of that name and endpoint, as it is; null when there is none.
    [[nodiscard]] std::shared_ptr<db::Pool> find(const DatabaseConnection& connection);
    /// find(), or a new pool with the given settings.
    ///
    /// Errors: NotSupported when there is no driver for the database; ServiceUnavailable when the
    ///         system has no thread left for it.
    [[nodiscard]] std::shared_ptr<db::Pool> get(const DatabaseConnection& connection);
    /// Who hears of the pools.
    [[nodiscard]] EventSink& events() const { return events_; }

 private:
    struct Entry {
        std::string name;
        sql::Dsn dsn;
        std::string init_script;
        std::weak_ptr<db::Pool> pool;
    };
    /// Side by side: a pool whose database does not answer takes a second to close.
    static constexpr std::size_t kMaxClosing = 16;
    struct Closer {
        std::shared_ptr<io::TaskThreads> threads;
        void operator()(db::Pool* pool) const noexcept;
    };

    EventSink& events_;
    const std::shared_ptr<io::TaskThreads> closers_ =
        std::make_shared<io::TaskThreads>(io::TaskThreads::Settings{.max = kMaxClosing});
    std::mutex mutex_;
    std::vector<Entry> entries_;
};

/// The databases of a workflow: those of `settings.sqlConnections`, by name, and those that a
/// resource names by an inline `connection`.
///
/// Threads: filled while loading; afterwards safe to share.
class Connections {
 public:
    /// Reads every entry of `settings.sqlConnections`; mistakes go to `diagnostics`.
    Connections(const workflow::Workflow& workflow, Diagnostics& diagnostics);

    /// The connection of that name, or null.
    [[nodiscard]] std::shared_ptr<const DatabaseConnection> find(std::string_view name) const;
    /// Of those that find() gives. What else stands there may be a piece of a password.
    [[nodiscard]] std::vector<std::string> names() const;
    /// Whether there is an entry of that name, be it one whose mistakes keep find() from it.
    [[nodiscard]] bool is_declared(std::string_view name) const;
    /// The connection for a resource's own `connection:` text: a name without `:`, or a connection
    /// string whose only variables are `${VAR}` and `{{ env('VAR') }}`; null after an error was
    /// reported. Equal strings share a pool; the first one's `pool:` settings win.
    [[nodiscard]] std::shared_ptr<const DatabaseConnection> find_inline(
        const workflow::Node& connection, const workflow::Fields* pool, Diagnostics& diagnostics);

    /// Takes the pools from `pools`. Opens the minimum of those that are new, at the same time, and
    /// waits at most `timeout` for the outcome; the others stay as they are.
    ///
    /// Errors: ConnectionFailed when a connection with `required: true` is down after 5 s;
    ///         Cancelled once `stop` is requested; ServiceUnavailable when the system has no thread
    ///         left.
    void open(PoolRegistry& pools, std::chrono::milliseconds timeout, const std::stop_token& stop);
    /// Gives the pools that were open before open() their settings of this workflow.
    void configure() const;
    [[nodiscard]] const std::vector<std::shared_ptr<DatabaseConnection>>& all() const {
        return all_;
    }

 private:
    void add_named(const workflow::ConnectionSpec& spec, Diagnostics& diagnostics);

    const workflow::Workflow& workflow_;
    std::vector<std::shared_ptr<DatabaseConnection>> all_;  ///< Also held by steps.
};

/// `{connection, pool, init}`: one entry of `settings.sqlConnections`.
[[nodiscard]] const workflow::KindSchema& connection_schema();
/// `{maxConnections, minConnections, ...}`.
[[nodiscard]] const workflow::KindSchema& pool_schema();

}  // namespace kdeps::resources
