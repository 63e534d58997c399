#include "kdeps/resources/connections.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <thread>
#include <utility>

#include <fmt/core.h>

#include "kdeps/base/text.hpp"
#include "kdeps/db/connection.hpp"

namespace kdeps::resources {

namespace {

/// How long a start waits for a database that it cannot do without.
constexpr std::chrono::milliseconds kRequiredWait{5000};

using workflow::Fields;
using workflow::FieldType;
using workflow::KindSchema;
using workflow::Node;

sql::PoolSettings read_pool(std::string name, const std::optional<Fields>& fields,
                            Diagnostics& diagnostics) {
    sql::PoolSettings settings;
    settings.name = std::move(name);
    if (!fields) return settings;
    const auto count = [&](const char* key, std::size_t& target) {
        if (const auto value = fields->integer(key)) target = static_cast<std::size_t>(*value);
    };
    const auto span = [&](const char* key, std::chrono::milliseconds& target) {
        if (const auto value = fields->duration(key)) target = *value;
    };
    count("maxConnections", settings.max_connections);
    count("minConnections", settings.min_connections);
    count("maxWaiters", settings.max_waiters);
    span("maxIdleTime", settings.max_idle_time);
    span("maxLifetime", settings.max_lifetime);
    span("connectionTimeout", settings.connection_timeout);
    span("healthCheckInterval", settings.health_check_interval);
    settings.health_check_query = fields->text("healthCheckQuery").value_or("");
    settings.required = fields->flag("required").value_or(false);
    const std::string reset = fields->text("resetOnRelease").value_or("auto");
    settings.reset_on_release = reset == "discard" ? sql::ResetPolicy::Discard
                                : reset == "none"  ? sql::ResetPolicy::None
                                                   : sql::ResetPolicy::Auto;
    if (settings.min_connections > settings.max_connections) {
        diagnostics.error(ErrorCode::InvalidValue,
                          fmt::format("minConnections {} is more than maxConnections {}",
                                      settings.min_connections, settings.max_connections),
                          fields->find("minConnections")->span);
    }
    return settings;
}

/// Starts a pool that is required, which may take all of kRequiredWait: a database that is started
/// together with this program refuses connections at first.
std::string start_required(db::Pool& pool, const std::string& name, EventSink& events,
                           const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kPause{200};
    const Deadline end = Deadline::after(kRequiredWait);
    auto problem = pool.start(kRequiredWait, stop);
    bool is_told = false;
    while (problem && !end.is_expired() && !stop.stop_requested()) {
        std::this_thread::sleep_for(kPause);
        problem = pool.start(kPause, stop);
        if (!problem || std::exchange(is_told, true)) continue;
        events.emit(Notice{LogLevel::Warning, "pool",  // behind the pool's own line on the failure
                           fmt::format("required database '{}' is waited for, {} s at most", name,
                                       kRequiredWait / std::chrono::seconds(1))});
    }
    return problem.value_or("");
}

/// The connection string with its variables filled in and parsed; nullopt after reporting.
std::optional<sql::Dsn> read_dsn(const Node& node, const workflow::Workflow& workflow,
                                 Diagnostics& diagnostics) {
    try {
        const std::string text =
            workflow::expand_environment(node.text, node.origin, workflow.environment);
        return sql::parse_dsn(text, workflow.directory);
    } catch (Error& error) {
        if (!error.detail().where) error.detail().where = node.span;
        diagnostics.add(Severity::Error, error);
        return std::nullopt;
    }
}

std::string init_path(const Fields& fields, const workflow::Workflow& workflow,
                      Diagnostics& diagnostics) {
    const auto text = fields.text("init");
    if (!text) return {};
    const auto path = std::filesystem::path(workflow.directory) / *text;
    if (!std::filesystem::is_regular_file(path)) {
        diagnostics.error(ErrorCode::FileNotFound, fmt::format("no file '{}'", path.string()),
                          fields.find("init")->span,
                          "`init` names an SQL file, relative to the workflow's folder");
    }
    return path.string();
}

}  // namespace

const KindSchema& pool_schema() {
    static const KindSchema kSchema{
        .name = "pool",
        .help = "How many sessions are kept, and for how long.",
        .fields = {
            {.name = "maxConnections",
             .type = FieldType::Integer,
             .help = "Most sessions at the server at once.",
             .default_text = "10",
             .minimum = 1,
             .maximum = 10'000},
            {.name = "minConnections",
             .type = FieldType::Integer,
             .help = "Sessions kept open, also without requests.",
             .default_text = "0",
             .minimum = 0,
             .maximum = 10'000},
            {.name = "maxIdleTime",
             .type = FieldType::Duration,
             .help = "Sessions idle longer are closed, down to minConnections.",
             .default_text = "10m"},
            {.name = "maxLifetime",
             .type = FieldType::Duration,
             .help = "Older sessions are replaced (10 % jitter).",
             .default_text = "30m"},
            {.name = "connectionTimeout",
             .type = FieldType::Duration,
             .help = "Longest wait for a session.",
             .default_text = "30s"},
            {.name = "maxWaiters",
             .type = FieldType::Integer,
             .help = "More callers waiting than this are refused at once.",
             .default_text = "1000",
             .minimum = 0,
             .maximum = 1'000'000},
            {.name = "healthCheckInterval",
             .type = FieldType::Duration,
             .help = "How often idle sessions are checked.",
             .default_text = "30s"},
            {.name = "healthCheckQuery",
             .type = FieldType::Text,
             .help = "A statement to check with, instead of the protocol's ping."},
            {.name = "resetOnRelease",
             .type = FieldType::Choice,
             .help = "When a session is reset: when it may be dirty, always, never.",
             .default_text = "auto",
             .choices = {"auto", "discard", "none"}},
            {.name = "required",
             .type = FieldType::Boolean,
             .help = "The program does not start while this database is down; it waits 5 s for it "
                     "at most.",
             .default_text = "false"},
        }};
    return kSchema;
}

const KindSchema& connection_schema() {
    static const KindSchema kSchema{
        .name = "sqlConnections.<name>",
        .help = "One database.",
        .fields = {
            {.name = "connection",
             .type = FieldType::Text,
             .help = "Connection string; `${VAR}` and `{{ env('VAR') }}` are filled in.",
             .required = true},
            {.name = "pool",
             .type = FieldType::Map,
             .help = "How many sessions are kept, and for how long.",
             .nested = &pool_schema()},
            {.name = "init",
             .type = FieldType::Text,
             .help =
                 "SQLite only: a file of SQL that is run once, while the database has no tables. "
                 "Ignored for other databases."},
        }};
    return kSchema;
}

db::Pool& DatabaseConnection::require_pool() const {
    if (pool == nullptr) {
        throw Error(ErrorCode::NotSupported,
                    problem.empty() ? "the connection is not open" : problem, {.connection = name});
    }
    return *pool;
}

std::shared_ptr<db::Pool> PoolRegistry::find(const DatabaseConnection& connection) {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
        const bool is_same = entry.name == connection.name && entry.dsn == connection.dsn &&
                             entry.init_script == connection.init_script;
        if (auto pool = is_same ? entry.pool.lock() : nullptr) return pool;
    }
    return nullptr;
}

std::shared_ptr<db::Pool> PoolRegistry::get(const DatabaseConnection& connection) {
    if (auto pool = find(connection)) return pool;
    const std::lock_guard lock(mutex_);
    std::erase_if(entries_, [](const Entry& entry) { return entry.pool.expired(); });
    auto opened = std::make_unique<db::Pool>(
        connection.settings, db::make_driver(connection.dsn, connection.init_script), events_);
    const std::shared_ptr<db::Pool> pool(opened.release(), Closer{closers_});
    entries_.push_back({connection.name, connection.dsn, connection.init_script, pool});
    return pool;
}

void PoolRegistry::Closer::operator()(db::Pool* pool) const noexcept {
    try {
        threads->start([pool] { delete pool; });
    } catch (const std::exception&) {  // no thread is left: it closes here
        delete pool;
    }
}

Connections::Connections(const workflow::Workflow& workflow, Diagnostics& diagnostics)
    : workflow_(workflow) {
    for (const workflow::ConnectionSpec& spec : workflow.settings.connections) {
        add_named(spec, diagnostics);
    }
}

void Connections::add_named(const workflow::ConnectionSpec& spec, Diagnostics& diagnostics) {
    const Node* text = spec.fields.find("connection");
    // The schema has reported what is absent, empty or no text.
    if (text == nullptr || !text->is_scalar() || text->text.empty()) return;
    auto connection = std::make_shared<DatabaseConnection>();
    connection->name = spec.name;
    connection->settings = read_pool(spec.name, spec.fields.map("pool"), diagnostics);
    connection->init_script = init_path(spec.fields, workflow_, diagnostics);
    if (auto dsn = read_dsn(*text, workflow_, diagnostics)) connection->dsn = std::move(*dsn);
    // The same workflow may run on SQLite by default and on a server through `${VAR:-default}`.
    if (!db::driver_traits(*connection->dsn.dialect).runs_init_script) {
        connection->init_script.clear();
    }
    all_.push_back(std::move(connection));
}

std::shared_ptr<const DatabaseConnection> Connections::find(std::string_view name) const {
    for (const auto& connection : all_) {
        if (connection->name == name) return connection;
    }
    return nullptr;
}

std::vector<std::string> Connections::names() const {
    std::vector<std::string> names;
    for (const auto& connection : all_) names.push_back(connection->name);
    return names;
}

bool Connections::is_declared(std::string_view name) const {
    const auto& specs = workflow_.settings.connections;
    return std::ranges::find(specs, name, &workflow::ConnectionSpec::name) != specs.end();
}

std::shared_ptr<const DatabaseConnection> Connections::find_inline(const Node& connection,
                                                                   const Fields* pool,
                                                                   Diagnostics& diagnostics) {
    if (auto named = find(connection.text)) return named;
    if (is_declared(connection.text)) return nullptr;  // its entry is reported
    auto dsn = read_dsn(connection, workflow_, diagnostics);
    if (!dsn) return nullptr;
    const std::string name = dsn->display();
    for (const auto& known : all_) {
        if (known->dsn == *dsn && known->name == name) return known;
    }
    auto added = std::make_shared<DatabaseConnection>();
    added->name = name;
    added->dsn = std::move(*dsn);
    added->settings =
        read_pool(name, pool != nullptr ? std::optional(*pool) : std::nullopt, diagnostics);
    all_.push_back(std::move(added));
    return all_.back();
}

void Connections::open(PoolRegistry& pools, std::chrono::milliseconds timeout,
                       const std::stop_token& stop) {
    std::vector<std::jthread> starters;  // databases that are down must not wait for each other
    for (const auto& connection : all_) {
        connection->pool = pools.find(*connection);
        if (connection->pool != nullptr) continue;
        try {
            connection->pool = pools.get(*connection);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::ServiceUnavailable) throw;
            connection->problem = error.what();
            continue;
        }
        starters.push_back(io::start_thread([&target = *connection, &pools, timeout, &stop] {
            target.problem = target.settings.required
                                 ? start_required(*target.pool, target.name, pools.events(), stop)
                                 : target.pool->start(timeout, stop).value_or("");
        }));
    }
    starters.clear();
    if (stop.stop_requested()) {
        throw Error(ErrorCode::Cancelled, "stopped while the databases were being connected");
    }
    for (const auto& connection : all_) {
        if (!connection->settings.required || connection->problem.empty()) continue;
        throw Error(ErrorCode::ConnectionFailed,
                    fmt::format("required database '{}' is unavailable: {}", connection->name,
                                connection->problem),
                    {.hint = "start it, or set `required: false` to start without it",
                     .connection = connection->name});
    }
}

void Connections::configure() const {
    for (const auto& connection : all_) {
        db::Pool* const pool = connection->pool.get();
        if (pool == nullptr || pool->settings() == connection->settings) continue;
        pool->configure(connection->settings);
    }
}

}  // namespace kdeps::resources
