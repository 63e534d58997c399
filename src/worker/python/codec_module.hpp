#pragma once

#include <pybind11/pybind11.h>

namespace kdeps::worker {

/// Fills the module `_kdeps_codec`: the functions of python/kdeps_worker/codec.py in C++.
void define_codec(pybind11::module_& module);

}  // namespace kdeps::worker
