#pragma once

#include <libpq-fe.h>

namespace kdeps::db {

/// libpq's pipeline mode for a scope. REQUIRES: all results are read before the scope ends.
class PipelineMode {
 public:
    explicit PipelineMode(PGconn* connection) : connection_(connection) {
        PQenterPipelineMode(connection_);
    }
    ~PipelineMode() { PQexitPipelineMode(connection_); }
    PipelineMode(const PipelineMode&) = delete;
    PipelineMode& operator=(const PipelineMode&) = delete;

 private:
    PGconn* connection_;
};

}  // namespace kdeps::db
