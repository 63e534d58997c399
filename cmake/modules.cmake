# Standard headers that nearly every source needs, precompiled once per target: halves build time.
function(kdeps_precompile target)
    target_precompile_headers(${target} PRIVATE
        <algorithm> <atomic> <chrono> <condition_variable> <cstddef> <cstdint> <functional> <map>
        <memory> <mutex> <optional> <span> <stop_token> <string> <string_view> <thread>
        <unordered_map> <utility> <variant> <vector> ${ARGN})
endfunction()

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
    kdeps_precompile(kdeps_${name})
endfunction()
