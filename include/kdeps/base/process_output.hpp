#pragma once

#include <string>

namespace kdeps {

/// What a process wrote, and its exit status as a shell tells it: 128 and the signal's number when
/// it was killed.
struct ProcessOutput {
    std::string standard_output;
    std::string standard_error;
    int exit_code = 0;
};

}  // namespace kdeps
