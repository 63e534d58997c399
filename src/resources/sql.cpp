#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kdeps/base/text.hpp"
#include "kdeps/resources/kinds.hpp"

#include "sql_run.hpp"
#include "sql_schema.hpp"

namespace kdeps::resources {

namespace {

using engine::CompileContext;
using engine::Output;
using engine::RunContext;
using workflow::Fields;
using workflow::Node;

bool contains(std::span<const std::string_view> words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

class SqlStep final : public engine::Step {
 public:
    explicit SqlStep(SqlPlan plan) : plan_(std::move(plan)) {}
    Output run(RunContext& context) const override { return {.value = run_sql(plan_, context)}; }

 private:
    SqlPlan plan_;
};

/// Reads the fields of one `sql` action.
class SqlCompiler {
 public:
    SqlCompiler(const workflow::Action& action, CompileContext& context, Connections& connections)
        : fields_(action.fields),
          span_(action.span),
          context_(context),
          connections_(connections) {}

    std::unique_ptr<engine::Step> compile() {
        plan_.connection = connection();
        dialect_ = plan_.connection == nullptr ? likely_dialect() : plan_.connection->dsn.dialect;
        plan_.holder = fmt::format("resource '{}'", context_.resource().action_id);
        read_options();
        if (!read_queries() || plan_.connection == nullptr) return nullptr;
        plan_.may_write =
            !is_read_only_ &&
            std::any_of(plan_.queries.begin(), plan_.queries.end(),
                        [](const SqlQuery& query) { return query.statement_class().may_write; });
        // One that cannot write has nothing to undo.
        if (fields_.find("transaction") == nullptr) plan_.transaction &= plan_.may_write;
        return std::make_unique<SqlStep>(std::move(plan_));
    }

 private:
    std::shared_ptr<const DatabaseConnection> connection() {
        Diagnostics& diagnostics = context_.diagnostics();
        if (const Node* name = fields_.find("connectionName")) {
            if (auto found = connections_.find(name->text)) return found;
            if (connections_.is_declared(name->text)) return nullptr;  // its entry is reported
            const auto known = connections_.names();
            diagnostics.error(ErrorCode::UnknownConnection,
                              fmt::format("unknown connection {}", quoted_text(*name)), name->span,
                              context_.workflow().settings.connections.empty()
                                  ? "the workflow has no settings.sqlConnections"
                                  : did_you_mean(name->text, known));
            return nullptr;
        }
        if (const Node* text = fields_.find("connection")) {
            const auto pool = fields_.map("pool");
            return connections_.find_inline(*text, pool ? &*pool : nullptr, diagnostics);
        }
        diagnostics.error(ErrorCode::MissingField, "sql needs `connectionName` or `connection`",
                          span_, "name one of settings.sqlConnections");
        return nullptr;
    }

    /// By which the statements of a resource without a connection are checked: that of the
    /// connection that was meant, or of all there are; null if that is unknown.
    [[nodiscard]] const sql::Dialect* likely_dialect() const {
        const std::vector<std::string> names = connections_.names();
        if (const Node* name = fields_.find("connectionName")) {
            const auto meant = closest(name->text, names);
            if (meant) return connections_.find(*meant)->dsn.dialect;
        }
        const sql::Dialect* common = nullptr;
        for (const std::string& name : names) {
            const sql::Dialect* const dialect = connections_.find(name)->dsn.dialect;
            if (common != nullptr && dialect != common) return nullptr;
            common = dialect;
        }
        return common;
    }

    /// Without a dialect: the expressions alone.
    void check_expressions(const Fields& fields) {
        if (const Node* query = fields.find("query")) {
            static_cast<void>(context_.template_text(*query));
        }
        for (const char* const key : {"params", "paramsBatch"}) {
            if (const Node* values = fields.find(key)) static_cast<void>(context_.tree(*values));
        }
    }

    void read_options() {
        // A single statement that `expect` may undo is a transaction by itself.
        const bool undoes_itself =
            fields_.find("expect") != nullptr && fields_.find("paramsBatch") == nullptr;
        plan_.transaction = fields_.flag("transaction").value_or(undoes_itself);
        read_transaction();
        plan_.summary = fields_.text("batchResult").value_or("list") == "summary";
        const workflow::Settings& settings = context_.workflow().settings;
        plan_.max_bytes = fields_.byte_size("maxResultBytes")
                              .value_or(settings.max_result_bytes.value_or(plan_.max_bytes));
        const auto rows = fields_.integer("maxRows");
        const auto max_rows =
            rows ? static_cast<std::size_t>(*rows) : settings.defaults.sql_max_rows.value_or(0);
        if (max_rows > 0) plan_.max_rows = max_rows;
        const std::string format = fields_.text("format").value_or("json");
        plan_.format = format == "csv"     ? TableFormat::Csv
                       : format == "table" ? TableFormat::Text
                                           : TableFormat::Json;
    }

    /// The keys that say how a transaction is run.
    void read_transaction() {
        plan_.isolation = fields_.text("isolation").value_or("");
        is_read_only_ = fields_.flag("readOnly").value_or(false);
        plan_.retries = static_cast<std::size_t>(fields_.integer("retries").value_or(0));
        if (!plan_.isolation.empty()) check_isolation();
        if (fields_.flag("transaction").value_or(false)) return;
        const std::pair<const char*, bool> uses[] = {{"isolation", !plan_.isolation.empty()},
                                                     {"readOnly", is_read_only_},
                                                     {"retries", plan_.retries > 0}};
        for (const auto& [key, is_used] : uses) {
            if (!is_used) continue;
            refuse(fmt::format("`{}` is about a transaction, and there is none", key),
                   fields_.find(key)->span, "add `transaction: true`");
        }
    }

    void check_isolation() {
        const auto& all = sql::kPostgres.isolation_levels;  // others were reported by the schema
        if (dialect_ == nullptr || !contains(all, plan_.isolation)) return;
        const auto& levels = dialect_->isolation_levels;
        if (contains(levels, plan_.isolation)) return;
        refuse(fmt::format("{} has no isolation level '{}'", dialect_->name, plan_.isolation),
               fields_.find("isolation")->span, fmt::format("it has {}", fmt::join(levels, ", ")));
    }

    /// Reports what makes the resource one that cannot be run.
    void refuse(std::string message, const SourceSpan& span, std::string hint) {
        context_.diagnostics().error(ErrorCode::InvalidValue, std::move(message), span,
                                     std::move(hint));
    }

    /// Reports a key that would be ignored because of another one.
    bool excludes(const char* key, const char* other) {
        const Node* refused = fields_.find(other);
        if (fields_.find(key) == nullptr || refused == nullptr) return false;
        context_.diagnostics().error(ErrorCode::InvalidValue,
                                     fmt::format("`{}` and `{}` exclude each other", key, other),
                                     refused->span);
        return true;
    }

    bool read_queries() {
        const Node* queries = fields_.find("queries");
        plan_.several = queries != nullptr;
        constexpr std::pair<const char*, const char*> kAlternatives[] = {
            {"query", "queries"},
            {"queries", "params"},
            {"queries", "paramsBatch"},
            {"queries", "expect"},
            {"connectionName", "connection"},
            {"connectionName", "pool"}};
        bool is_refused = false;
        for (const auto& [key, other] : kAlternatives) is_refused |= excludes(key, other);
        if (is_refused) return false;
        if (!plan_.several && fields_.find("query") == nullptr) {
            context_.diagnostics().error(ErrorCode::MissingField, "sql needs `query` or `queries`",
                                         span_);
            return false;
        }
        if (plan_.several && queries->is_list() && queries->items.empty()) {
            context_.diagnostics().error(ErrorCode::InvalidValue, "`queries` is empty",
                                         queries->span);
            return false;
        }
        bool fine = true;
        if (!plan_.several) {
            fine = add(fields_);
        } else {
            context_.allow_results(true);
            for (const Fields& entry : fields_.map_list("queries")) fine = add(entry) && fine;
            context_.allow_results(false);
        }
        return fine && check_transactions() && check_expectations() && check_results();
    }

    /// Nothing that `expect` finds wrong may stay.
    bool check_expectations() {
        bool fine = true;
        for (const SqlQuery& query : plan_.queries) {
            const bool is_alone = !plan_.several && !query.is_batch();
            const bool may_stay =
                plan_.transaction || (is_alone && !query.statement_class().may_write);
            if (!query.expectation() || may_stay) continue;
            fine = false;
            refuse("`expect` needs a transaction: what was done could not be undone", query.span(),
                   "set `transaction: true`");
        }
        return fine;
    }

    /// Finds what result() means, and with it which statements have to wait for others.
    bool check_results() {
        if (!plan_.several) return true;
        bool fine = true;
        for (std::size_t i = 0; i < plan_.queries.size(); ++i) {
            const SqlQuery& query = plan_.queries[i];
            for (const expr::LiteralCall& call : query.result_calls()) {
                const auto read = earlier_query(i, call);
                fine = fine && read;
                if (read && *read >= plan_.stages.back()) plan_.stages.push_back(i);
            }
            const auto& expectation = query.expectation();
            if (!expectation || !expectation->message()) continue;
            // By then what earlier statements gave is known.
            for (const auto& call : result_calls_in(expectation->message()->expressions())) {
                fine = earlier_query(i, call) && fine;
            }
        }
        return fine;
    }

    /// The query whose result one with the number `reader` reads; nullopt after an error.
    std::optional<std::size_t> earlier_query(std::size_t reader, const expr::LiteralCall& call) {
        const Value& statement = call.arguments[0];
        const std::string shown = statement.kind() == Kind::String
                                      ? fmt::format("'{}'", statement.as_string())
                                      : to_text(statement);
        const auto found = find_query(plan_.queries, statement);
        std::string message;
        std::string hint = "statements are counted from 0, or have a `name`";
        if (!found) {
            message = fmt::format("there is no statement {}", shown);
            if (statement.kind() == Kind::String) {
                const std::string guess = did_you_mean(statement.as_string(), query_names());
                if (!guess.empty()) hint = guess;
            }
        } else if (*found >= reader) {
            message = fmt::format("statement {} has no result yet", shown);
            hint = fmt::format("this is statement {}: it can read those before it", reader);
        } else if (const std::string& name = plan_.queries[*found].name();
                   statement.kind() == Kind::String &&
                   std::ranges::count(query_names(), name) > 1) {
            message = fmt::format("there are several statements {}", shown);
            hint = "give each a name of its own";
        } else if (!plan_.transaction) {
            message = "result() needs a transaction";
            hint = "set `transaction: true`";
        } else {
            return found;
        }
        refuse(std::move(message), call.span, std::move(hint));
        return std::nullopt;
    }

    [[nodiscard]] std::vector<std::string> query_names() const {
        std::vector<std::string> names;
        for (const SqlQuery& query : plan_.queries) {
            if (!query.name().empty()) names.push_back(query.name());
        }
        return names;
    }

    /// What a transaction that stays open has done is undone when the session is given back.
    bool check_transactions() {
        const SqlQuery* open = nullptr;
        for (const SqlQuery& query : plan_.queries) {
            if (query.statement_class().opens_transaction) {
                open = &query;
            } else if (query.statement_class().ends_transaction) {
                open = nullptr;
            }
        }
        if (open == nullptr) return true;
        context_.diagnostics().error(ErrorCode::InvalidValue,
                                     "the transaction that this statement opens is never "
                                     "committed: nothing of it would stay",
                                     open->span(),
                                     "use `transaction: true` instead, or add COMMIT");
        return false;
    }

    bool add(const Fields& fields) {
        if (fields.find("query") == nullptr) return false;  // reported by the schema
        if (dialect_ == nullptr) {
            check_expressions(fields);
            return false;
        }
        auto query = SqlQuery::compile(fields, *dialect_, context_);
        if (!query) return false;
        if (plan_.transaction && query->statement_class().ends_transaction) {
            context_.diagnostics().error(
                ErrorCode::InvalidValue,
                "this statement ends the transaction that `transaction: true` opens", query->span(),
                "remove it, or set `transaction: false`");
            return false;
        }
        const sql::StatementClass& what = query->statement_class();
        // A function or procedure may only read: the server will tell.
        const bool writes =
            what.may_write && !what.calls_unknown && what.effect == sql::SessionEffect::Neutral;
        if (is_read_only_ && writes) {
            refuse("this statement writes in a transaction with `readOnly: true`", query->span(),
                   "remove `readOnly`");
            return false;
        }
        plan_.queries.push_back(std::move(*query));
        return true;
    }

    const Fields& fields_;
    SourceSpan span_;
    CompileContext& context_;
    Connections& connections_;
    const sql::Dialect* dialect_ = nullptr;  ///< Null: not known.
    bool is_read_only_ = false;
    SqlPlan plan_;
};

class SqlKind final : public engine::ResourceKind {
 public:
    explicit SqlKind(ConnectionsProvider connections) : connections_(std::move(connections)) {}
    std::string_view name() const override { return "sql"; }
    const workflow::KindSchema& schema() const override { return sql_schema(); }
    std::optional<std::chrono::milliseconds> default_timeout(
        const workflow::Settings& settings) const override {
        return settings.defaults.sql_timeout;
    }
    std::unique_ptr<engine::Step> compile(const workflow::Action& action,
                                          CompileContext& context) const override {
        return SqlCompiler(action, context, connections_()).compile();
    }

 private:
    ConnectionsProvider connections_;
};

}  // namespace

std::unique_ptr<engine::ResourceKind> sql_kind(ConnectionsProvider connections) {
    return std::make_unique<SqlKind>(std::move(connections));
}

}  // namespace kdeps::resources
