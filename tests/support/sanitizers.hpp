#pragma once

namespace kdeps::test {

/// Sanitizers keep freed memory and use files of their own: what a test says about the memory or
/// the open files of the process does not hold beside them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

}  // namespace kdeps::test
