#include <algorithm>
#include <vector>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

#include "dsn_parts.hpp"

namespace kdeps::sql {
namespace {

const DsnOption* find_option(const Dialect& dialect, std::string_view name) {
    const auto option = std::ranges::find(dialect.options, name, &DsnOption::name);
    return option == dialect.options.end() ? nullptr : &*option;
}

[[noreturn]] void refuse_unknown(const std::string& name, const Dialect& dialect) {
    std::vector<std::string> known;
    for (const DsnOption& option : dialect.options) {
        if (option.use != OptionUse::Dropped || !option.values.empty()) {
            known.emplace_back(option.name);
        }
    }
    invalid_dsn("unknown option '" + name + "' for " + std::string(dialect.name),
                did_you_mean(name, known));
}

void check_value(const DsnOption& option, std::string& value) {
    for (const auto& [word, meaning] : option.synonyms) {
        if (value == word) value = meaning;
    }
    if (!option.values.empty() && std::ranges::find(option.values, value) == option.values.end()) {
        invalid_dsn("'" + value + "' is no value of option '" + std::string(option.name) + "'",
                    did_you_mean(value, std::vector<std::string>(option.values.begin(),
                                                                 option.values.end())));
    }
    if (option.use != OptionUse::Seconds) return;
    const auto seconds = parse_int64(value);
    if (!seconds || *seconds < 1 || *seconds > 86'400) {
        invalid_dsn("option '" + std::string(option.name) +
                    "' must be a whole number of seconds, at least 1");
    }
}

}  // namespace

void settle_options(Dsn& dsn) {
    for (const auto& [name, value] : dsn.options) {
        if (!dsn.dialect->any_option && find_option(*dsn.dialect, name) == nullptr) {
            refuse_unknown(name, *dsn.dialect);
        }
    }
    for (const DsnOption& option : dsn.dialect->options) {
        const auto entry = dsn.options.find(std::string(option.name));
        if (entry == dsn.options.end()) continue;
        check_value(option, entry->second);
        if (option.use == OptionUse::Kept || option.use == OptionUse::Seconds) continue;
        if (option.use == OptionUse::Field) dsn.*option.field = std::move(entry->second);
        if (option.use == OptionUse::Port && !entry->second.empty()) {
            dsn.port = parse_port(entry->second);
        }
        dsn.options.erase(entry);
    }
}

}  // namespace kdeps::sql
