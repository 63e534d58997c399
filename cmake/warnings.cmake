# Every target of ours links kdeps_warnings. Client libraries are system includes and stay quiet.
add_library(kdeps_warnings INTERFACE)
target_compile_options(kdeps_warnings INTERFACE
    -Wall -Wextra -Wshadow -Wconversion
    # g++ 12 reports libstdc++'s own string code at -O2 and above falsely (GCC bugs 105651, 105329).
    -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
if(CMAKE_UNITY_BUILD)
    # It takes the sources that a unity build joins for headers.
    target_compile_options(kdeps_warnings INTERFACE -Wno-subobject-linkage)
endif()
if(KDEPS_WERROR)
    target_compile_options(kdeps_warnings INTERFACE -Werror)
endif()
