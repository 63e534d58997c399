#pragma once

#include <cstdlib>
#include <new>

namespace kdeps::test {

/// How many allocations this thread may still make with `new`; negative: any number.
inline thread_local int allocations_left = -1;

/// While it lives this thread is refused memory after `count` allocations.
class NoMemory {
 public:
    explicit NoMemory(int count) { allocations_left = count; }
    ~NoMemory() { allocations_left = -1; }
    NoMemory(const NoMemory&) = delete;
    NoMemory& operator=(const NoMemory&) = delete;
};

}  // namespace kdeps::test

// Of the whole test program: one file of it includes this.
void* operator new(std::size_t size) {
    int& left = kdeps::test::allocations_left;
    if (left == 0) throw std::bad_alloc();
    if (left > 0) --left;
    if (void* const memory = std::malloc(size > 0 ? size : 1)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
