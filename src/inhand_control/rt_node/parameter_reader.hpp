// Takes parameters out of what was given, by name and type, and names those that are left.
#pragma once

#include <cmath>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "parameters.hpp"

namespace inhand_control::node
{

// Parameters that every ROS node understands or is given by launch.
inline const std::set<std::string> kStandard = {"use_sim_time", "start_type_description_service"};

// Takes parameters out of what was given, remembering what was asked for.
class Reader
{
public:
  Reader(const ParameterMap & given, const std::set<std::string> & shared)
  : given_(given), shared_(shared)
  {
  }

  // A flag that need not be given, and then is false.
  bool flag(const std::string & name) { return given_.count(name) != 0 && boolean(name); }

  bool boolean(const std::string & name) { return get<bool>(name, "a boolean"); }

  std::int64_t integer(const std::string & name) { return get<std::int64_t>(name, "an integer"); }

  std::string text(const std::string & name) { return get<std::string>(name, "a string"); }

  std::vector<std::string> texts(const std::string & name)
  {
    return get<std::vector<std::string>>(name, "a list of strings");
  }

  double number(const std::string & name)
  {
    if (const auto * whole = find<std::int64_t>(name)) {
      return static_cast<double>(*whole);
    }
    return get<double>(name, "a number");
  }

  std::vector<double> numbers(const std::string & name)
  {
    if (const auto * whole = find<std::vector<std::int64_t>>(name)) {
      return {whole->begin(), whole->end()};
    }
    return get<std::vector<double>>(name, "a list of numbers");
  }

  std::int64_t nanoseconds(const std::string & name)
  {
    const double seconds = number(name);
    if (!(std::abs(seconds) < 1e6)) {
      throw std::invalid_argument(name + " must be a time in seconds");
    }
    return std::llround(seconds * 1e9);
  }

  // Names every parameter that was asked for and not given, or given and not asked for.
  void finish() const
  {
    std::string unknown;
    for (const auto & [name, value] : given_) {
      if (!is_known(name) && !shared_.count(name)) {
        unknown += " " + name;
      }
    }
    std::string message = missing_.empty() ? "" : "missing parameters:" + missing_;
    if (!unknown.empty()) {
      message += (message.empty() ? "" : "; ") + ("unknown parameters:" + unknown + "; known:");
      for (const auto & name : known_) {
        message += name.rfind("hand.calibration.", 0) == 0 ? "" : " " + name;
      }
    }
    if (!message.empty()) {
      throw std::invalid_argument(message);
    }
  }

  bool is_known(const std::string & name) const
  {
    return known_.count(name) || kStandard.count(name) || name.rfind("qos_overrides.", 0) == 0;
  }

private:
  template <typename T>
  const T * find(const std::string & name)
  {
    known_.insert(name);
    const auto found = given_.find(name);
    return found == given_.end() ? nullptr : std::get_if<T>(&found->second);
  }

  template <typename T>
  T get(const std::string & name, const std::string & kind)
  {
    if (const T * value = find<T>(name)) {
      return *value;
    }
    if (given_.count(name)) {
      throw std::invalid_argument("parameter '" + name + "' must be " + kind);
    }
    missing_ += " " + name;
    return T{};
  }

  const ParameterMap & given_;
  const std::set<std::string> & shared_;
  std::set<std::string> known_;
  std::string missing_;
};

}  // namespace inhand_control::node
