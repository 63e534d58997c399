#pragma once

#include <deque>
#include <span>
#include <string>
#include <vector>

#include <mysql.h>

#include "kdeps/base/value.hpp"

namespace kdeps::db {

/// The parameters of one execution, as libmariadb wants them.
///
/// Values:  temporals as MySQL's own text (a timestamptz in UTC, without its Z); lists, objects and
///          tables as JSON text.
/// Errors:  BadRequest for NaN and infinities, which MySQL has no value for.
class MysqlParameters {
 public:
    explicit MysqlParameters(std::span<const Value> values);
    MysqlParameters(const MysqlParameters&) = delete;
    MysqlParameters& operator=(const MysqlParameters&) = delete;

    /// Borrows from this object and from the values.
    [[nodiscard]] MYSQL_BIND* binds() { return binds_.data(); }
    [[nodiscard]] std::size_t count() const { return binds_.size(); }

 private:
    void bind(const Value& value, MYSQL_BIND& bind);
    void bind_text(enum_field_types type, const std::string& text, MYSQL_BIND& bind);

    union Number {
        std::int64_t integer;
        double real;
        signed char boolean;
    };
    std::vector<MYSQL_BIND> binds_;
    std::deque<Number> numbers_;  // deques: the binds point at their elements
    std::deque<std::string> texts_;
};

}  // namespace kdeps::db
