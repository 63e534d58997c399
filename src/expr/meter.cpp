#include "meter.hpp"

#include <fmt/format.h>

#include "kdeps/base/error.hpp"

namespace kdeps::expr {

void Meter::whole(const Value& value) {
    step();
    switch (value.kind()) {
        case Kind::String:
            return bytes(value.as_string().size());
        case Kind::Bytes:
            return bytes(value.as_bytes().data.size());
        case Kind::Table:
            return bytes(value.as_table().table->byte_size());
        case Kind::List:
            for (const Value& element : value.as_list()) whole(element);
            return;
        case Kind::Object:
            value.for_each_member([this](const std::string& name, const Value& member) {
                bytes(name.size());
                whole(member);
            });
            return;
        default:
            return bytes(sizeof(Value));
    }
}

void Meter::fail_steps() const {
    throw Error(ErrorCode::ExpressionFailed,
                fmt::format("expression takes more than {} steps", budget_.max_steps),
                {.hint = "let the database filter, count and sort large results"});
}

void Meter::fail_bytes() const {
    throw Error(ErrorCode::ExpressionFailed,
                fmt::format("expression builds more than {} bytes", budget_.max_bytes),
                {.hint = "let the database filter, count and sort large results"});
}

}  // namespace kdeps::expr
