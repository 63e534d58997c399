#include "postgres/postgres_statements.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "postgres/pipeline_mode.hpp"
#include "postgres/postgres_parameters.hpp"

namespace kdeps::db {

namespace {

/// FNV-1a: stable across builds, so that a log line of the server can be matched.
std::uint64_t hash_of(const PgPrepared& entry) {
    std::uint64_t hash = 14'695'981'039'346'656'037u;
    const auto mix = [&hash](unsigned char byte) { hash = (hash ^ byte) * 1'099'511'628'211u; };
    for (const char c : entry.text) mix(static_cast<unsigned char>(c));
    for (const PgOid oid : entry.declared) {
        for (unsigned shift = 0; shift < 32; shift += 8)
            mix(static_cast<unsigned char>(oid >> shift));
    }
    return hash;
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

/// Declares the types of the parameter that was complained about, or of all if none was named.
/// False when that changes nothing.
bool declare_more(std::vector<PgOid>& declared, std::string_view message,
                  std::span<const Value> values) {
    constexpr PgOid kText = 25;
    declared.resize(values.size());
    const auto named = complained_parameter(message);
    if (named && *named > values.size()) return false;
    bool is_changed = false;
    for (std::size_t i = named ? *named - 1 : 0; i < (named ? *named : values.size()); ++i) {
        if (declared[i] != 0) continue;
        declared[i] = declared_type(values[i]).value_or(kText);
        is_changed = true;
    }
    return is_changed;
}

}  // namespace

PgStatements::PgStatements(PGconn* connection, PgTypes& types, std::string endpoint)
    : connection_(connection), types_(types), endpoint_(std::move(endpoint)) {}

const PgPrepared& PgStatements::prepare(const std::string& text, std::span<const Value> values) {
    if (const auto found = by_text_.find(text); found != by_text_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        if (fits(entries_.front(), values)) return entries_.front();
        retire(entries_.front());
    }
    if (entries_.size() >= kCapacity) retire(entries_.back());
    PgPrepared fresh = prepare_new(text, values);
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

bool PgStatements::fits(const PgPrepared& entry, std::span<const Value> values) const {
    for (std::size_t i = 0; i < entry.declared.size() && i < values.size(); ++i) {
        if (entry.declared[i] != 0 && !fits_declared_type(values[i], entry.declared[i])) {
            return false;
        }
    }
    return true;
}

PgPrepared PgStatements::prepare_new(const std::string& text, std::span<const Value> values) {
    PgPrepared entry{.name = {}, .text = text, .declared = {}, .parameter_types = {}};
    std::optional<Error> complaint;
    std::string freed_name;
    for (;;) {  // each round declares at least one parameter more, or frees a name that was taken
        entry.name = fmt::format("kdeps_{:016x}", hash_of(entry));
        const PgResult failed = try_prepare(entry);
        if (!failed) return entry;
        Error error = pg_error(failed.get(), connection_, {.endpoint = endpoint_});
        const std::string& state = error.detail().sqlstate;
        if (state == "42P05" && freed_name != entry.name) {
            deallocate(entry.name);
            freed_name = entry.name;
            continue;
        }
        const bool can_help =
            is_type_complaint(state)
                ? declare_more(entry.declared, error.what(), values)
                : state == kNoSuchFunction && narrow_integers(entry.declared, values);
        if (is_type_complaint(state) && !complaint) {
            error.detail().hint = "say the parameter's type in the statement, such as $1::text";
            complaint = error;
        }
        // Types from the values may make it worse: the first complaint is the one to show.
        if (!can_help && complaint) throw Error(*complaint);
        if (!can_help) throw Error(error);
    }
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
    const PGresult* description = answers.description.get();
    entry.parameter_types.clear();
    for (int i = 0; i < PQnparams(description); ++i) {
        entry.parameter_types.push_back(PQparamtype(description, i));
    }
    learn_types(description);
    return nullptr;
}

PgStatements::Answers PgStatements::send_prepare(const PgPrepared& entry, bool is_guarded) {
    // One round trip for the statement and the types of its parameters and columns.
    const PipelineMode pipeline(connection_);
    const auto command = [this](const char* sql) {
        return PQsendQueryParams(connection_, sql, 0, nullptr, nullptr, nullptr, nullptr, 0);
    };
    if (is_guarded) command("SAVEPOINT kdeps_prepare");
    PQsendPrepare(connection_, entry.name.c_str(), entry.text.c_str(),
                  static_cast<int>(entry.declared.size()), entry.declared.data());
    PQsendDescribePrepared(connection_, entry.name.c_str());
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

void PgStatements::learn_types(const PGresult* description) {
    std::string unknown;
    for (int column = 0; column < PQnfields(description); ++column) {
        const PgOid oid = PQftype(description, column);
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
