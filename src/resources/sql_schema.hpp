#pragma once

#include "kdeps/workflow/schema.hpp"

namespace kdeps::resources {

[[nodiscard]] const workflow::KindSchema& sql_schema();

}  // namespace kdeps::resources
