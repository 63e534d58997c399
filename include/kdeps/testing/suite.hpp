#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kdeps/app/project.hpp"
#include "kdeps/base/diagnostics.hpp"
#include "kdeps/base/error.hpp"
#include "kdeps/sql/dsn.hpp"
#include "kdeps/testing/expectation.hpp"
#include "kdeps/testing/json_path.hpp"
#include "kdeps/workflow/node.hpp"

namespace kdeps::testing {

/// What a test sends. The nodes' texts may have `{{ }}` of what earlier steps have saved.
struct SentRequest {
    std::string method = "GET";
    const workflow::Node* path = nullptr;
    const workflow::Node* query = nullptr;    ///< A map, or null.
    const workflow::Node* headers = nullptr;  ///< The same.
    const workflow::Node* body = nullptr;     ///< A text is sent as it is, all else as JSON.
};

/// What an answer has to be.
struct ExpectedAnswer {
    struct Header {
        std::string name;
        Expectation value;
    };
    struct Part {
        JsonPath path;
        Expectation value;
    };
    std::optional<Expectation> status;
    std::vector<Header> headers;
    std::vector<Part> parts;  ///< Of the body as JSON.
    /// Of the body's text, or of its JSON where that is a text.
    std::vector<Expectation> texts;
};

struct Saved {
    std::string name;
    JsonPath path;
    SourceSpan span;
};

struct Step {
    SentRequest request;
    SourceSpan span;
    ExpectedAnswer expected;
    std::vector<Saved> saves;
};

/// What is put into a database before a test.
struct Fixture {
    std::string connection;
    std::string sql;  ///< Of `sql` or `file`; empty when there are rows.
    TextOrigin origin;
    std::string table;
    const workflow::Node* rows = nullptr;  ///< A list of maps.
    SourceSpan span;
};

/// What a resource gives instead of doing what it does: a value, or an error.
struct Mock {
    std::string action_id;
    Value value;
    std::optional<Error> error;
};

/// How a database behaves in a test.
struct Fault {
    std::string connection;
    std::optional<std::chrono::milliseconds>
        delay;  ///< Before each answer; without one it is down.
};

struct Test {
    std::string name;
    SourceSpan span;
    std::vector<Fixture> fixtures;  ///< In order, those of the file first.
    std::vector<Mock> mocks;
    std::vector<Fault> faults;
    std::optional<std::chrono::milliseconds> timeout;  ///< Of each request's run.
    std::vector<Step> steps;
};

/// A database that a file names for its tests.
struct GivenDatabase {
    std::string connection;
    sql::Dsn dsn;
    SourceSpan span;
};

struct Suite {
    std::vector<Test> tests;
    std::vector<GivenDatabase> databases;
    std::vector<std::unique_ptr<workflow::Node>> documents;  ///< What the nodes are in.
};

/// Reads the tests of a workflow: its `tests` block, then `tests/*.yaml|yml` beside it in name
/// order. Mistakes go to `diagnostics`, unknown keys too; a suite with any must not be run. Texts
/// that were read go to `texts`.
///
/// The suite points into the project's nodes, which outlive it. REQUIRES: the project was loaded
/// without errors.
[[nodiscard]] Suite read_suite(const app::Project& project, Diagnostics& diagnostics,
                               SourceTexts& texts);

}  // namespace kdeps::testing
