#include "postgres/postgres_types.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

namespace kdeps::db {

namespace {

struct BuiltIn {
    PgOid oid;
    PgOid array_oid;
    PgReader reader;
    char delimiter = ',';
};

// Source: pg_type.dat. What is not listed is looked up once per session.
constexpr std::array kBuiltIn = {
    BuiltIn{16, 1000, PgReader::Bool},        BuiltIn{17, 1001, PgReader::Bytes},
    BuiltIn{20, 1016, PgReader::Int},                                               // int8
    BuiltIn{21, 1005, PgReader::Int},                                               // int2
    BuiltIn{23, 1007, PgReader::Int},                                               // int4
    BuiltIn{26, 1028, PgReader::Int},                                               // oid
    BuiltIn{25, 1009, PgReader::Text},                                              // text
    BuiltIn{114, 199, PgReader::Json},        BuiltIn{3802, 3807, PgReader::Json},  // jsonb
    BuiltIn{700, 1021, PgReader::Float},                                            // float4
    BuiltIn{701, 1022, PgReader::Float},                                            // float8
    BuiltIn{790, 791, PgReader::Money},       BuiltIn{1082, 1182, PgReader::Date},
    BuiltIn{1083, 1183, PgReader::Time},      BuiltIn{1266, 1270, PgReader::Time},  // timetz
    BuiltIn{1114, 1115, PgReader::Timestamp}, BuiltIn{1184, 1185, PgReader::TimestampTz},
    BuiltIn{1700, 1231, PgReader::Numeric},   BuiltIn{1043, 1015, PgReader::Text},  // varchar
    BuiltIn{1042, 1014, PgReader::Text},                                            // bpchar
    BuiltIn{18, 1002, PgReader::Text},                                              // "char"
    BuiltIn{19, 1003, PgReader::Text},                                              // name
    BuiltIn{2950, 2951, PgReader::Text},                                            // uuid
    BuiltIn{1186, 1187, PgReader::Text},                                            // interval
    BuiltIn{869, 1041, PgReader::Text},                                             // inet
    BuiltIn{650, 651, PgReader::Text},                                              // cidr
    BuiltIn{603, 1020, PgReader::Text, ';'},                                        // box
};

std::optional<PgType> built_in(PgOid oid) {
    for (const BuiltIn& row : kBuiltIn) {
        if (row.oid == oid) return PgType{.reader = row.reader};
        if (row.array_oid == oid) {
            return PgType{PgReader::Array, row.reader, row.delimiter};
        }
    }
    return std::nullopt;
}

/// NaN, Infinity, -Infinity: the only numbers that do not end in a digit.
bool is_number_word(std::string_view text) {
    return !text.empty() && (text.back() == 'N' || text.back() == 'y');
}

CellText bytes_cell(std::string_view text, std::string& scratch) {
    if (!text.starts_with("\\x")) return {CellType::Text, text};  // bytea_output = escape
    scratch.clear();
    for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
        scratch.push_back(static_cast<char>(hex_digit(text[i]) * 16 + hex_digit(text[i + 1])));
    }
    return {CellType::Bytes, scratch};
}

}  // namespace

std::optional<PgType> PgTypes::find(PgOid oid) const {
    if (const auto type = built_in(oid)) return type;
    if (const auto found = learnt_.find(oid); found != learnt_.end()) return found->second;
    return std::nullopt;
}

void PgTypes::learn(PgOid oid, PgOid element, char delimiter) {
    PgType type;
    if (element != 0) {
        type = {PgReader::Array, built_in(element).value_or(PgType{}).reader, delimiter};
    }
    learnt_.insert_or_assign(oid, type);
}

std::string PgTypes::lookup_query(std::string_view oids) {
    // typsubscript tells true arrays from other types with an element, such as point and name. An
    // element that is a domain is read as the type below the domain.
    return fmt::format(
        "SELECT t.oid, CASE WHEN t.typsubscript = "
        "'pg_catalog.array_subscript_handler'::pg_catalog.regproc THEN "
        "COALESCE(NULLIF(e.typbasetype, 0), e.oid) ELSE 0 END, COALESCE(e.typdelim, ',') "
        "FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem "
        "WHERE t.oid IN ({})",
        oids);
}

std::string money_digits(std::string_view text) {
    // The text depends on lc_monetary, which says neither its separators nor its digits to clients:
    // the last of two different separators is the decimal point, and so is a single one unless
    // three digits follow it.
    const auto is_separator = [](char c) { return c == '.' || c == ','; };
    const std::size_t last_digit = text.find_last_of("0123456789");
    std::size_t point = std::string_view::npos;
    if (last_digit != std::string_view::npos) {
        const std::string_view number = text.substr(0, last_digit + 1);
        const std::size_t last = number.find_last_of(".,");
        if (last != std::string_view::npos) {
            const std::string_view before = number.substr(0, last);
            const bool is_repeated = before.find(number[last]) != std::string_view::npos;
            const bool has_other = std::any_of(before.begin(), before.end(), is_separator);
            const bool is_group = is_repeated || (!has_other && last_digit - last == 3);
            if (!is_group) point = last;
        }
    }
    std::string digits;
    if (text.find_first_of("-(") != std::string_view::npos) digits += '-';
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == point) {
            digits += '.';
        } else if (text[i] >= '0' && text[i] <= '9') {
            digits += text[i];
        }
    }
    return digits;
}

CellText pg_cell(PgReader reader, std::string_view text, std::string& scratch) {
    switch (reader) {
        case PgReader::Bool:
            return {CellType::Bool, text == "t" ? "true" : "false"};
        case PgReader::Int:
            return {CellType::Int, text};
        case PgReader::Numeric:
            return {is_number_word(text) ? CellType::Double : CellType::Decimal, text};
        case PgReader::Float:
            return {CellType::Double, text};
        case PgReader::Money:
            scratch = money_digits(text);
            return {CellType::Decimal, scratch};
        case PgReader::Bytes:
            return bytes_cell(text, scratch);
        case PgReader::Json:
            return {CellType::Json, text};
        case PgReader::Date:
            return date_cell(text);
        case PgReader::Time:
            return time_cell(text, scratch);
        case PgReader::Timestamp:
            return timestamp_cell(text, scratch);
        case PgReader::TimestampTz:
            return timestamptz_cell(text, scratch);
        case PgReader::Text:
        case PgReader::Array:
            break;
    }
    return {CellType::Text, text};
}

void append_pg_cell(const PgType& type, std::string_view text, std::string& scratch, RowSink& out) {
    if (type.reader == PgReader::Array) {
        const auto json = array_json(type, text);
        return json ? out.append(CellType::Json, *json) : out.append(CellType::Text, text);
    }
    const CellText cell = pg_cell(type.reader, text, scratch);
    out.append(cell.type, cell.text);
}

}  // namespace kdeps::db
