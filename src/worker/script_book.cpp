#include "script_book.hpp"

#include <functional>
#include <utility>

#include <fmt/format.h>

namespace kdeps::worker {

// The names of slots follow from their number.
ScriptBook::Identity::Identity(const Script& script)
    : text(fmt::format("{} {} {}{}", script.slot_names.size(), script.name.size(), script.name,
                       script.source)),
      hash(std::hash<std::string>()(text)) {}

std::int64_t ScriptBook::number_of(const Script& script) {
    Identity identity(script);
    const std::lock_guard lock(mutex_);
    return known(std::move(identity)).number;
}

std::optional<Analysis> ScriptBook::analysis_of(const Script& script) {
    Identity identity(script);
    const std::lock_guard lock(mutex_);
    return known(std::move(identity)).analysis;
}

void ScriptBook::keep(const Script& script, const Analysis& analysis) {
    Identity identity(script);
    const std::lock_guard lock(mutex_);
    known(std::move(identity)).analysis = analysis;
}

ScriptBook::Known& ScriptBook::known(Identity&& identity) {
    if (const auto found = scripts_.find(identity); found != scripts_.end()) {
        uses_.splice(uses_.end(), uses_, found->second.use);
        return found->second;
    }
    if (scripts_.size() >= max_scripts_) {
        scripts_.erase(scripts_.find(*uses_.front()));
        uses_.pop_front();
    }
    std::list<const Identity*> use(1);
    const auto added = scripts_.emplace(std::move(identity), Known{++last_number_, use.begin()});
    use.front() = &added.first->first;
    uses_.splice(uses_.end(), use);
    return added.first->second;
}

}  // namespace kdeps::worker
