#pragma once

#include <string>
#include <utility>

#include <fmt/core.h>

#include "kdeps/base/text.hpp"
#include "kdeps/testing/suite.hpp"

namespace kdeps::testing {

/// What all readers of one suite share.
struct SuiteContext {
    const app::Project& project;
    Diagnostics& diagnostics;
    SourceTexts& texts;

    void error(const workflow::Node& node, const std::string& message,
               std::string hint = {}) const {
        diagnostics.error(ErrorCode::InvalidValue, message, node.span, std::move(hint));
    }
    /// Whether the key names a connection of the workflow; reported if not.
    [[nodiscard]] bool is_connection(const workflow::Node& key) const {
        const auto& connections = project.connections();
        if (connections.is_declared(key.text)) return true;
        diagnostics.error(ErrorCode::UnknownConnection,
                          fmt::format("unknown connection '{}'", key.text), key.span,
                          did_you_mean(key.text, connections.names()));
        return false;
    }
};

}  // namespace kdeps::testing
