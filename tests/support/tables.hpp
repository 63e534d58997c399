#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "kdeps/base/table.hpp"

namespace kdeps::test {

struct TestCell {
    CellType type = CellType::Null;
    std::string text = {};
};

inline std::shared_ptr<const Table> make_table(const std::vector<std::string>& columns,
                                               const std::vector<std::vector<TestCell>>& rows) {
    TableBuilder builder;
    for (const auto& column : columns) builder.add_column(column);
    for (const auto& row : rows) {
        for (const auto& cell : row) builder.append(cell.type, cell.text);
    }
    return builder.finish();
}

}  // namespace kdeps::test
