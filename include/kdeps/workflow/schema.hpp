#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/node.hpp"

namespace kdeps::workflow {

enum class FieldType {
    Text,        ///< A string as it stands (numbers and booleans are taken as their text).
    Template,    ///< A string in which `{{ }}` is evaluated.
    Expression,  ///< Always an expression (conditions).
    Integer,
    Boolean,    ///< true/false; flexible spellings yes/no/on/off/1/0 as strings too.
    Duration,   ///< `30s`, `1h30m`
    ByteSize,   ///< `64MiB`
    Choice,     ///< One of `choices`.
    TextList,   ///< List of strings; a single one is a list of one.
    TextMap,    ///< Names of the author's choice to strings.
    Map,        ///< A map with a schema of its own (`nested`).
    MapList,    ///< A list of such maps.
    NamedMaps,  ///< Names of the author's choice to such maps.
    Any,        ///< Checked by the kind itself.
};

/// What happens when a known key is used.
enum class Support {
    Full,
    Ignored,    ///< Other programs use it; nothing is said.
    Warned,     ///< Has no effect here: a warning, with `help` as its hint.
    Refused,    ///< Would change what the workflow does: a NotSupported error, `help` as its hint.
    Misplaced,  ///< Belongs to another map: an InvalidValue error, `help` as its hint.
};

struct KindSchema;

/// One key of a map: what it is called, what it may hold, what it is for.
struct FieldSpec {
    std::string name;
    FieldType type;
    std::string help;
    bool required = false;
    std::string default_text = {};
    std::vector<std::string> choices = {};
    std::vector<std::string> aliases = {};
    const KindSchema* nested = nullptr;
    std::int64_t minimum = INT64_MIN;  ///< Integer; Duration in milliseconds; ByteSize in bytes.
    std::int64_t maximum = INT64_MAX;
    /// Any text that is not a value of `type` is taken as an expression; the kind compiles it.
    bool or_expression = false;
    /// MapList, NamedMaps: texts are taken too, one or a list; in a list of maps some may be texts.
    bool or_texts = false;
    Support support = Support::Full;
};

/// The keys a map of the workflow may have. Feeds checks, hints, and the reference page.
struct KindSchema {
    std::string name;  ///< As in messages: "sql", "settings.apiServer".
    std::string help;
    std::vector<FieldSpec> fields;
};

/// A map that was checked against its schema: getters cannot fail. A field that is absent, null or
/// was found mistyped has no value.
class Fields {
 public:
    Fields() = default;
    Fields(const Node* node, const KindSchema* schema) : node_(node), schema_(schema) {}

    [[nodiscard]] const Node& node() const { return *node_; }
    /// The value of a field under its name or an alias. Absent fields, and null where the type is
    /// not Any, give a null pointer.
    [[nodiscard]] const Node* find(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;
    [[nodiscard]] std::optional<bool> flag(std::string_view name) const;
    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view name) const;
    [[nodiscard]] std::optional<std::size_t> byte_size(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> text_list(std::string_view name) const;
    [[nodiscard]] std::optional<Fields> map(std::string_view name) const;
    [[nodiscard]] std::vector<Fields> map_list(std::string_view name) const;

 private:
    const Node* node_ = nullptr;
    const KindSchema* schema_ = nullptr;
};

/// Checks a map against its schema, nested maps too: missing, misspelt and mistyped fields are
/// added to `diagnostics` (unknown keys as UnknownKey warnings with "did you mean", which load()
/// turns into errors when strict). The place of a missing field is the place of `node`.
[[nodiscard]] Fields check_fields(const Node& node, const KindSchema& schema,
                                  Diagnostics& diagnostics);

}  // namespace kdeps::workflow
