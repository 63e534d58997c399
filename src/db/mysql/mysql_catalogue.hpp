#pragma once

#include <optional>
#include <string>

#include "mysql/mysql_session.hpp"

namespace kdeps::db {

/// Whether a statement leaves its session as it was, as far as the catalogue tells: what it names
/// are tables of the session's own database, and views that call nothing but built-in functions;
/// and if it writes, no trigger is behind them. Then it writes nothing unseen either.
///
/// Nullopt when that cannot be found out now.
[[nodiscard]] std::optional<bool> mysql_is_plain(MysqlSession& session, const std::string& text);

/// Whether a statement that failed may have left a part of its work: a table that it names, or that
/// a view or a trigger names, knows no transactions. Also true when nobody can tell.
[[nodiscard]] bool mysql_may_keep_part(MysqlSession& session, const std::string& text);

}  // namespace kdeps::db
