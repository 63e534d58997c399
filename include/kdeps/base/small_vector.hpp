#pragma once

#include <cstddef>

#include <boost/container/small_vector.hpp>

namespace kdeps {

/// A vector that holds its first `N` elements in itself. For lists that are nearly always short and
/// are made anew for every request: a request by primary key would pay for ten of them.
template <class T, std::size_t N>
using SmallVector = boost::container::small_vector<T, N>;

}  // namespace kdeps
