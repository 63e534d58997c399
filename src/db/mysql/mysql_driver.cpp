#include "mysql/mysql_driver.hpp"

#include <chrono>

#include "kdeps/base/text.hpp"

#include "mysql/mysql_connection.hpp"
#include "mysql/mysql_errors.hpp"

namespace kdeps::db {

namespace {

class MysqlDriver final : public Driver {
 public:
    explicit MysqlDriver(const sql::Dsn& dsn)
        : server_(std::make_shared<MysqlServer>(MysqlEndpoint(dsn))) {
        const auto timeout = dsn.options.find("connect_timeout");
        if (timeout != dsn.options.end()) {
            connect_timeout_ = std::chrono::seconds(parse_int64(timeout->second).value_or(0));
        }
    }

    [[nodiscard]] std::unique_ptr<Connection> connect(Deadline deadline) const override {
        if (connect_timeout_.count() > 0) {
            deadline = deadline.earlier(Deadline::after(connect_timeout_));
        }
        return std::make_unique<MysqlConnection>(server_, deadline);
    }
    [[nodiscard]] const sql::Dialect& dialect() const override { return sql::kMySql; }
    [[nodiscard]] std::string describe() const override { return server_->endpoint->description; }
    [[nodiscard]] bool is_conflict(const ErrorDetail& detail) const override {
        return mysql_is_conflict(detail);
    }

 private:
    std::shared_ptr<MysqlServer> server_;
    std::chrono::seconds connect_timeout_{0};
};

}  // namespace

std::shared_ptr<const Driver> make_mysql_driver(const sql::Dsn& dsn) {
    return std::make_shared<MysqlDriver>(dsn);
}

}  // namespace kdeps::db
