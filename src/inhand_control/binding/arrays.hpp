// Array arguments of the binding, and their checks.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace inhand_control::binding
{

namespace nb = nanobind;

using DoubleRows = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using DoubleRowsOut = nb::ndarray<double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Int64s = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Uint64s = nb::ndarray<const std::uint64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Mask = nb::ndarray<const bool, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Bytes = nb::ndarray<std::uint8_t, nb::numpy, nb::ndim<2>, nb::c_contig>;
using BytesIn = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

inline void require_length(std::size_t length, std::size_t batch, const char * name)
{
  if (length != batch) {
    throw std::invalid_argument(
      std::string(name) + ": " + std::to_string(length) + " rows; the batch has " +
      std::to_string(batch));
  }
}

template <typename Array>
void require_shape(const Array & array, std::size_t batch, std::size_t width, const char * name)
{
  require_length(array.shape(0), batch, name);
  if (array.shape(1) != width) {
    throw std::invalid_argument(
      std::string(name) + ": rows of " + std::to_string(array.shape(1)) + " values; " +
      std::to_string(width) + " are needed");
  }
}

// Adds the module's classes and functions.
void bind_hand(nb::module_ & m);
void bind_batch(nb::module_ & m);

}  // namespace inhand_control::binding
