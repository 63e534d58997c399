#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

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
            std::any_of(plan_.queries.begin(), plan_.queries.end(),
                        [](const SqlQuery& query) { return query.statement_class().may_write; });
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
        plan_.transaction = fields_.flag("transaction").value_or(false);
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
        if (!plan_.several) return add(fields_) && check_transactions();
        bool fine = true;
        for (const Fields& entry : fields_.map_list("queries")) fine = add(entry) && fine;
        return fine && check_transactions();
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
        plan_.queries.push_back(std::move(*query));
        return true;
    }

    const Fields& fields_;
    SourceSpan span_;
    CompileContext& context_;
    Connections& connections_;
    const sql::Dialect* dialect_ = nullptr;  ///< Null: not known.
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
