#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kdeps/base/small_vector.hpp"
#include "kdeps/base/value.hpp"

#include "postgres/postgres_types.hpp"

namespace kdeps::db {

/// The parameters of one execution in text form, as libpq wants them.
///
/// Values:  bytes as \x hex; a list as an array literal, or as JSON where the parameter is json,
///          jsonb or text; an object, table or row as JSON.
/// Errors:  BadRequest for a NUL in text, which PostgreSQL cannot store.
class PgParameters {
 public:
    /// `types[i]` is what the server deduced for `$i+1`; may be shorter. Parameter `$i+1` takes
    /// values[sources[i]], or values[i] when there are no `sources`.
    PgParameters(std::span<const Value> values, std::span<const PgOid> types,
                 std::span<const std::size_t> sources = {});
    PgParameters(const PgParameters&) = delete;
    PgParameters& operator=(const PgParameters&) = delete;

    [[nodiscard]] int count() const { return static_cast<int>(pointers_.size()); }
    /// Null pointers are NULL. Borrowed from this object.
    [[nodiscard]] const char* const* pointers() const { return pointers_.data(); }

 private:
    std::vector<std::string> texts_;
    SmallVector<const char*, 8> pointers_;
};

/// Whether what is sent for a value depends on the parameter's type.
[[nodiscard]] bool has_typed_text(const Value& value);
/// The type to declare for a value whose type the server cannot deduce; nullopt for nil.
[[nodiscard]] std::optional<PgOid> declared_type(const Value& value);
/// Whether a value may be sent to a parameter that was declared with `type`.
[[nodiscard]] bool fits_declared_type(const Value& value, PgOid type);
/// int4 if `declared` is int8 and the value fits, else `declared`.
[[nodiscard]] PgOid narrowed_type(PgOid declared, const Value& value);

}  // namespace kdeps::db
