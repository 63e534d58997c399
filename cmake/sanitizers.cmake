# KDEPS_SANITIZE=address means address + undefined behaviour; thread means data races. Line tables
# are enough for reports, and unoptimised code compiles several times faster.
if(KDEPS_SANITIZE)
    set(CMAKE_CXX_FLAGS_DEBUG "-g1 -O0 -fno-omit-frame-pointer")
endif()
if(KDEPS_SANITIZE STREQUAL "address")
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined)
    add_link_options(-fsanitize=address,undefined)
elseif(KDEPS_SANITIZE STREQUAL "thread")
    add_compile_options(-fsanitize=thread
                        -Wno-tsan)  # libstdc++ uses atomic_thread_fence, which tsan does not model
    add_link_options(-fsanitize=thread)
elseif(KDEPS_SANITIZE)
    message(FATAL_ERROR "KDEPS_SANITIZE is empty, 'address' or 'thread', not '${KDEPS_SANITIZE}'")
endif()
