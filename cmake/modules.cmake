# Standard headers that nearly every source needs, precompiled once for the modules and, with
# gtest, once for the tests: parsing them is most of the time that a source takes.
set(kdeps_standard_headers
    <algorithm> <atomic> <chrono> <condition_variable> <cstddef> <cstdint> <functional> <map>
    <memory> <mutex> <optional> <span> <stop_token> <string> <string_view> <thread>
    <unordered_map> <utility> <variant> <vector>)

# kdeps_precompiled(NAME headers... LINK targets...): what REUSE_FROM of other targets can name.
function(kdeps_precompiled name)
    cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp CONTENT "")
    add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
    target_link_libraries(${name} PRIVATE ${ARG_LINK})
    target_precompile_headers(${name} PRIVATE ${ARG_UNPARSED_ARGUMENTS})
endfunction()

kdeps_precompiled(kdeps_standard_pch ${kdeps_standard_headers} LINK kdeps_warnings)

# kdeps_module(NAME SOURCES a.cpp ... [LINK targets...] [PRIVATE_LINK targets...])
#
# One static library `kdeps_NAME`. LINK names what its public headers need, normally other modules;
# PRIVATE_LINK names client libraries that only its sources include.
function(kdeps_module name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
    add_library(kdeps_${name} STATIC ${ARG_SOURCES})
    target_include_directories(kdeps_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include
                                             PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(kdeps_${name} PUBLIC ${ARG_LINK} PRIVATE kdeps_warnings ${ARG_PRIVATE_LINK})
    target_precompile_headers(kdeps_${name} REUSE_FROM kdeps_standard_pch)
endfunction()
