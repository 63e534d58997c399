#include "postgres/postgres_statements.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "kdeps/sql/sql_template.hpp"

#include "postgres/pipeline_mode.hpp"
#include "postgres/postgres_parameters.hpp"

namespace kdeps::db {

namespace {

/// FNV-1a: stable across builds, so that a log line of the server can be matched.
std::uint64_t hash_of(const PgPrepared& entry) {
    std::uint64_t hash = 14'695'981'039'346'656'037u;
    const auto mix = [&hash](unsigned char byte) { hash = (hash ^ byte) * 1'099'511'628'211u; };
    for (const char c : entry.text) mix(static_cast<unsigned char>(c));
    // Not the text sent: another statement may be written that way.
    if (!entry.sources.empty()) mix('s');
    for (const PgOid oid : entry.declared) {
        for (unsigned shift = 0; shift < 32; shift += 8)
            mix(static_cast<unsigned char>(oid >> shift));
    }
    return hash;
}

std::string name_of(const PgPrepared& entry) {
    return fmt::format("kdeps_{:016x}", hash_of(entry));
}

/// SQLSTATEs with which PREPARE says that it cannot tell the type of a parameter.
bool is_type_complaint(std::string_view sqlstate) {
    return sqlstate == "42P18" || sqlstate == "42P08" || sqlstate == "42725";
}

constexpr std::string_view kNoSuchFunction = "42883";  // or operator

/// The n of `$n` in `could not determine data type of parameter $n`; in every language.
std::optional<std::size_t> complained_parameter(std::string_view message) {
    const std::size_t dollar = message.find('$');
    if (dollar == std::string_view::npos) return std::nullopt;
    std::size_t number = 0;
    std::from_chars(message.data() + dollar + 1, message.data() + message.size(), number);
    return number == 0 ? std::nullopt : std::optional(number);
}

/// The value that belongs to a parameter of `entry`. REQUIRES: there is one.
const Value& value_of(const PgPrepared& entry, std::size_t parameter,
                      std::span<const Value> values) {
    return values[entry.sources.empty() ? parameter : entry.sources[parameter]];
}

/// Declares the types of the parameter that was complained about, or of all if none was named.
/// False when that changes nothing.
bool declare_more(PgPrepared& entry, std::string_view message, std::span<const Value> values) {
    constexpr PgOid kTextType = 25;
    const std::size_t count = entry.sources.empty() ? values.size() : entry.sources.size();
    entry.declared.resize(count);
    const auto named = complained_parameter(message);
    if (named && *named > count) return false;
    bool is_changed = false;
    for (std::size_t i = named ? *named - 1 : 0; i < (named ? *named : count); ++i) {
        if (entry.declared[i] != 0) continue;
        entry.declared[i] = declared_type(value_of(entry, i, values)).value_or(kTextType);
        is_changed = true;
    }
    return is_changed;
}

/// int4 instead of int8 where all these values fit: `date + $1` knows only int4. False if none
/// does.
bool narrow_integers(PgPrepared& entry, std::span<const Value> values) {
    bool is_changed = false;
    for (std::size_t i = 0; i < entry.declared.size(); ++i) {
        const auto narrow = narrowed_type(entry.declared[i], value_of(entry, i, values));
        is_changed = is_changed || narrow != entry.declared[i];
        entry.declared[i] = narrow;
    }
    return is_changed;
}

/// A statement with a parameter per occurrence.
PgPrepared separated(const std::string& text) {
    constexpr std::size_t kMostParameters = 65'535;
    PgPrepared entry{.text = text, .sent_text = text};
    auto [sent_text, sources] = sql::separate_parameters(text, sql::kPostgres);
    for (const std::size_t source : sources) {
        entry.value_count = std::max(entry.value_count, source + 1);
    }
    if (sources.size() > entry.value_count && sources.size() <= kMostParameters) {
        entry.sent_text = std::move(sent_text);
        entry.sources = std::move(sources);
    }
    return entry;
}

std::vector<PgOid> parameter_types(const PGresult* description) {
    std::vector<PgOid> types;
    for (int i = 0; i < PQnparams(description); ++i) types.push_back(PQparamtype(description, i));
    return types;
}

}  // namespace

void require_count(const PgPrepared& prepared, std::size_t value_count) {
    if (prepared.value_count == value_count) return;
    throw Error(ErrorCode::QueryFailed,
                fmt::format("the statement has {} parameters, but {} values were given",
                            prepared.value_count, value_count));
}

PgStatements::PgStatements(PGconn* connection, PgTypes& types, std::string endpoint)
    : connection_(connection), types_(types), endpoint_(std::move(endpoint)) {}

PgPrepared* PgStatements::find(const std::string& text) {
    const auto found = by_text_.find(text);
    if (found == by_text_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    PgPrepared& entry = entries_.front();
    if (entry.is_suspect && PQtransactionStatus(connection_) == PQTRANS_IDLE) {
        if (has_changed(entry)) {
            retire(entry);
            return nullptr;
        }
        entry.is_suspect = false;
    }
    return &entry;
}

bool PgStatements::suspect(const std::string& text) {
    const auto found = by_text_.find(text);
    if (found == by_text_.end()) return false;
    found->second->is_suspect = std::exchange(found->second->was_run, true);
    return found->second->is_suspect;
}

void PgStatements::suspect_all() {
    for (PgPrepared& entry : entries_) entry.is_suspect = true;
}

/// Whether its parameters would have other types now; what else changes the server notices itself.
bool PgStatements::has_changed(const PgPrepared& entry) {
    if (!entry.is_describable()) return false;
    PgPrepared unnamed{.sent_text = entry.sent_text, .declared = entry.declared};
    const Answers answers = send_prepare(unnamed, false);
    if (answers.failed) return !entry.declared.empty();  // other types may be wanted now
    return parameter_types(answers.description.get()) != entry.parameter_types;
}

PgPrepared& PgStatements::prepare(const std::string& text, std::span<const Value> values) {
    if (PgPrepared* known = find(text)) {
        if (fits(*known, values)) return *known;
        retire(*known);
    }
    return keep(prepare_new(text, values));
}

PgPrepared PgStatements::draft(const std::string& text) {
    PgPrepared entry = separated(text);
    entry.name = name_of(entry);
    return entry;
}

void PgStatements::adopt(PgPrepared draft, const PGresult* description) {
    draft.parameter_types = parameter_types(description);
    draft.was_run = true;
    keep(std::move(draft));
}

PgPrepared& PgStatements::keep(PgPrepared fresh) {
    if (entries_.size() >= kCapacity) retire(entries_.back());
    // Its name now means this text, whatever had it: one we gave up, or one with the same hash.
    std::erase(retired_names_, fresh.name);
    const auto is_namesake = [&fresh](const PgPrepared& entry) { return entry.name == fresh.name; };
    const auto namesake = std::find_if(entries_.begin(), entries_.end(), is_namesake);
    if (namesake != entries_.end()) forget(std::string(namesake->text));
    entries_.push_front(std::move(fresh));
    by_text_.emplace(entries_.front().text, entries_.begin());
    return entries_.front();
}

void PgStatements::retire(const PgPrepared& entry) {
    // Not in a transaction: should the server have dropped the name, DEALLOCATE would fail it.
    retired_names_.push_back(entry.name);
    forget(std::string(entry.text));
    if (PQtransactionStatus(connection_) != PQTRANS_IDLE) return;
    for (const std::string& name : retired_names_) deallocate(name);
    retired_names_.clear();
}

void PgStatements::forget(const std::string& text) {
    const auto found = by_text_.find(text);
    if (found == by_text_.end()) return;
    const auto entry = found->second;
    by_text_.erase(found);  // its key borrows from the entry
    entries_.erase(entry);
}

void PgStatements::clear() {
    by_text_.clear();
    entries_.clear();
    retired_names_.clear();
}

bool PgStatements::fits(const PgPrepared& entry, std::span<const Value> values) {
    if (entry.value_count > values.size()) return true;  // which its user will refuse
    for (std::size_t i = 0; i < entry.declared.size(); ++i) {
        if (entry.declared[i] == 0) continue;
        if (!fits_declared_type(value_of(entry, i, values), entry.declared[i])) return false;
    }
    return true;
}

PgPrepared PgStatements::prepare_new(const std::string& text, std::span<const Value> values) {
    PgPrepared entry = separated(text);
    require_count(entry, values.size());
    std::optional<Error> error;
    if (prepare_with_types(entry, values, error)) return entry;
    if (!entry.sources.empty()) {
        // What GROUP BY or DISTINCT compares with itself has to be one parameter.
        PgPrepared shared{.text = text, .value_count = entry.value_count, .sent_text = text};
        if (prepare_with_types(shared, values, error)) return shared;
    }
    // Types from the values may make it worse: the first complaint is the one to show.
    if (is_type_complaint(error->detail().sqlstate)) {
        error->detail().hint = "say the parameter's type in the statement, such as $1::text";
    }
    throw Error(*error);
}

bool PgStatements::prepare_with_types(PgPrepared& entry, std::span<const Value> values,
                                      std::optional<Error>& error) {
    for (;;) {  // each round declares at least one parameter more
        const PgResult refused = prepare_named(entry);
        if (!refused) return true;
        const Error complaint = pg_error(refused.get(), connection_, {.endpoint = endpoint_});
        if (complaint.code() == ErrorCode::ConnectionLost) throw Error(complaint);
        if (!error) error = complaint;
        const std::string& state = complaint.detail().sqlstate;
        const bool can_help = is_type_complaint(state)
                                  ? declare_more(entry, complaint.what(), values)
                                  : state == kNoSuchFunction && narrow_integers(entry, values);
        if (!can_help) return false;
    }
}

PgResult PgStatements::prepare_named(PgPrepared& entry) {
    entry.name = name_of(entry);
    PgResult refused = try_prepare(entry);
    if (!refused || pg_sqlstate(refused.get()) != "42P05") return refused;
    deallocate(entry.name);  // somebody else's, or one that we have forgotten
    return try_prepare(entry);
}

PgResult PgStatements::try_prepare(PgPrepared& entry) {
    // In a transaction a savepoint keeps a complaint about types from failing all that was done
    // before.
    const bool is_guarded = PQtransactionStatus(connection_) == PQTRANS_INTRANS;
    Answers answers = send_prepare(entry, is_guarded);
    if (answers.failed) {
        if (is_guarded && PQstatus(connection_) == CONNECTION_OK) {
            PgResult(
                PQexec(connection_,
                       "ROLLBACK TO SAVEPOINT kdeps_prepare; RELEASE SAVEPOINT kdeps_prepare"));
        }
        return std::move(answers.failed);
    }
    entry.parameter_types = parameter_types(answers.description.get());
    std::vector<PgOid> columns;
    for (int column = 0; column < PQnfields(answers.description.get()); ++column) {
        columns.push_back(PQftype(answers.description.get(), column));
    }
    learn(columns);
    return nullptr;
}

PgStatements::Answers PgStatements::send_prepare(const PgPrepared& entry, bool is_guarded) {
    // One round trip for the statement and the types of its parameters and columns.
    const PipelineMode pipeline(connection_);
    const auto command = [this](const char* sql) {
        return PQsendQueryParams(connection_, sql, 0, nullptr, nullptr, nullptr, nullptr, 0);
    };
    if (is_guarded) command("SAVEPOINT kdeps_prepare");
    PQsendPrepare(connection_, entry.name.c_str(), entry.sent_text.c_str(),
                  static_cast<int>(entry.declared.size()), entry.declared.data());
    if (entry.is_describable()) PQsendDescribePrepared(connection_, entry.name.c_str());
    if (is_guarded) command("RELEASE SAVEPOINT kdeps_prepare");
    const int description_index = is_guarded ? 2 : 1;
    Answers answers;
    if (PQpipelineSync(connection_) == 0) throw pg_lost(connection_, {.endpoint = endpoint_});
    for (int index = 0;;) {
        PgResult result(PQgetResult(connection_));
        if (!result) {  // the end of one command, or of the connection
            ++index;
        } else if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
            return answers;
        } else if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
            if (!answers.failed) answers.failed = std::move(result);
        } else if (index == description_index) {
            answers.description = std::move(result);
        }
        if (PQstatus(connection_) != CONNECTION_OK) {
            if (answers.failed) return answers;
            throw pg_lost(connection_, {.endpoint = endpoint_});
        }
    }
}

void PgStatements::learn(std::span<const PgOid> types) {
    std::string unknown;
    for (const PgOid oid : types) {
        if (types_.find(oid)) continue;
        if (!unknown.empty()) unknown += ',';
        unknown += fmt::format_int(oid).str();
    }
    if (unknown.empty()) return;
    const PgResult rows(PQexec(connection_, PgTypes::lookup_query(unknown).c_str()));
    if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) {
        throw pg_error(rows.get(), connection_, {.endpoint = endpoint_});
    }
    const auto number = [&rows](int row, int column) {
        return static_cast<PgOid>(std::stoul(PQgetvalue(rows.get(), row, column)));
    };
    for (int row = 0; row < PQntuples(rows.get()); ++row) {
        types_.learn(number(row, 0), number(row, 1), *PQgetvalue(rows.get(), row, 2));
    }
}

void PgStatements::deallocate(const std::string& name) {
    // May fail when the server has already dropped it; what follows will tell if more is wrong.
    PgResult(PQexec(connection_, fmt::format("DEALLOCATE {}", name).c_str()));
}

}  // namespace kdeps::db
