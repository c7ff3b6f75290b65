// Array arguments of the binding, and their checks.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace inhand_kernels::binding
{

namespace nb = nanobind;

template <typename T, int N>
using Array = nb::ndarray<T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;

// Checks the length of one axis of an argument.
template <typename A>
void require(const A & array, std::size_t axis, std::size_t length, const char * name)
{
  if (array.shape(axis) != length) {
    throw std::invalid_argument(
      std::string(name) + ": " + std::to_string(array.shape(axis)) + " along axis " +
      std::to_string(axis) + "; " + std::to_string(length) + " are needed");
  }
}

// Gives the interpreter's lock away while many rows run; for few, the way costs more than it gives.
class MaybeRelease
{
public:
  explicit MaybeRelease(std::size_t rows)
  {
    if (rows >= 32) {
      release_.emplace();
    }
  }

private:
  std::optional<nb::gil_scoped_release> release_;
};

void bind_features(nb::module_ & m);
void bind_occlusion(nb::module_ & m);
void bind_tracking(nb::module_ & m);

}  // namespace inhand_kernels::binding
