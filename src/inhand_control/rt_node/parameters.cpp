#include "parameters.hpp"

#include <rcl_yaml_param_parser/parser.h>

#include <cmath>
#include <set>
#include <stdexcept>

#include "parameter_reader.hpp"
#include "rcl_wrap.hpp"

namespace inhand_control::node
{
namespace
{

template <typename Array>
auto to_vector(const Array & array)
{
  return std::vector(array.values, array.values + array.size);
}

ParameterValue to_value(const std::string & name, const rcl_variant_t & value)
{
  if (value.bool_value) {
    return *value.bool_value;
  }
  if (value.integer_value) {
    return *value.integer_value;
  }
  if (value.double_value) {
    return *value.double_value;
  }
  if (value.string_value) {
    return std::string(value.string_value);
  }
  if (value.integer_array_value) {
    return to_vector(*value.integer_array_value);
  }
  if (value.double_array_value) {
    return to_vector(*value.double_array_value);
  }
  if (value.string_array_value) {
    std::vector<std::string> strings;
    for (std::size_t i = 0; i < value.string_array_value->size; ++i) {
      strings.emplace_back(value.string_array_value->data[i]);
    }
    return strings;
  }
  throw std::invalid_argument("parameter '" + name + "' has a type that no parameter here takes");
}

HandTables parse_hand(Reader & reader)
{
  HandTables hand{};
  hand.joint_names = reader.texts("hand.joint_names");
  hand.actuator_names = reader.texts("hand.actuator_names");
  hand.hall_channel_names = reader.texts("hand.hall_channel_names");
  hand.hall_channel_joint = reader.texts("hand.hall_channel_joint");
  hand.actuator_joint_1 = reader.texts("hand.actuator_joint_1");
  hand.actuator_joint_2 = reader.texts("hand.actuator_joint_2");
  hand.range_lower = reader.numbers("hand.range_lower");
  hand.range_upper = reader.numbers("hand.range_upper");
  hand.target_lower = reader.numbers("hand.target_lower");
  hand.target_upper = reader.numbers("hand.target_upper");
  hand.kp = reader.numbers("hand.kp");
  hand.kd = reader.numbers("hand.kd");
  hand.torque_limit = reader.numbers("hand.torque_limit");
  hand.hall_min = reader.number("hand.hall_min");
  hand.hall_max = reader.number("hand.hall_max");
  for (const auto & joint : hand.joint_names) {
    const std::string prefix = "hand.calibration." + joint;
    hand.calibration.push_back(
      {reader.numbers(prefix + ".raw"), reader.numbers(prefix + ".angle")});
  }
  return hand;
}

ControllerConfig parse_control(Reader & reader)
{
  ControllerConfig control{};
  control.period_ns = reader.nanoseconds("control.period_s");
  control.action_timeout_ns = reader.nanoseconds("control.action_timeout_s");
  control.sensors_timeout_ns = reader.nanoseconds("control.sensors_timeout_s");
  control.soft_start_ns = reader.nanoseconds("control.soft_start_s");
  control.velocity_filter_s = reader.number("control.velocity_filter_s");
  control.torque_slew = reader.number("control.torque_slew");
  control.hall_margin = reader.number("control.hall_margin");
  control.hall_disagreement = reader.number("control.hall_disagreement");
  control.max_joint_speed = reader.number("control.max_joint_speed");
  control.stuck_torque = reader.number("control.stuck_torque");
  control.stuck_ns = reader.nanoseconds("control.stuck_s");
  control.settle_ns = reader.nanoseconds("control.settle_s");
  return control;
}

// Whether the command line gives a parameter by -p, for any node.
bool is_given(const std::string & name, const std::vector<std::string> & command_line)
{
  for (std::size_t i = 1; i < command_line.size(); ++i) {
    const std::string & word = command_line[i];
    const bool flag = command_line[i - 1] == "-p" || command_line[i - 1] == "--param";
    const std::string full = word.substr(0, word.find(":="));
    const std::size_t colon = full.rfind(':');
    if (flag && name == (colon == std::string::npos ? full : full.substr(colon + 1))) {
      return true;
    }
  }
  return false;
}

void require(bool ok, const char * message)
{
  if (!ok) {
    throw std::invalid_argument(message);
  }
}

}  // namespace

bool names_node(const std::string & pattern, const std::string & fully_qualified_name)
{
  // Token by token: "*" is one token, "**" any number of them.
  const auto split = [](const std::string & name) {
    std::vector<std::string> tokens;
    std::string token;
    for (const char c : name + "/") {
      if (c != '/') {
        token += c;
      } else if (!token.empty()) {
        tokens.push_back(token);
        token.clear();
      }
    }
    return tokens;
  };
  const auto wanted = split(pattern);
  const auto name = split(fully_qualified_name);
  // reach[i]: the tokens of the pattern so far can stand for the first i tokens of the name
  std::vector<bool> reach(name.size() + 1, false);
  reach[0] = true;
  for (const auto & token : wanted) {
    std::vector<bool> next(name.size() + 1, false);
    for (std::size_t i = 0; i <= name.size(); ++i) {
      if (token == "**") {
        next[i] = reach[i] || (i > 0 && next[i - 1]);
      } else {
        next[i] = i > 0 && reach[i - 1] && (token == "*" || token == name[i - 1]);
      }
    }
    reach = next;
  }
  return reach[name.size()];
}

ParameterMap read_parameters(
  const rcl_arguments_t & arguments, const std::string & fully_qualified_name,
  const std::vector<std::string> & command_line, std::set<std::string> & shared)
{
  rcl_params_t * params = nullptr;
  check(rcl_arguments_get_param_overrides(&arguments, &params), "reading parameters");
  ParameterMap result;
  if (params == nullptr) {
    return result;
  }
  try {
    for (std::size_t n = 0; n < params->num_nodes; ++n) {
      if (!names_node(params->node_names[n], fully_qualified_name)) {
        continue;
      }
      const rcl_node_params_t & node = params->params[n];
      for (std::size_t p = 0; p < node.num_params; ++p) {
        const std::string name = node.parameter_names[p];
        const bool wild = std::string(params->node_names[n]).find('*') != std::string::npos;
        const bool for_several = wild && !is_given(name, command_line);  // -p has "/**" as well
        try {
          result[name] = to_value(name, node.parameter_values[p]);
        } catch (const std::invalid_argument &) {
          if (!for_several) {
            throw;
          }
          continue;  // another node takes such values
        }
        for_several ? void(shared.insert(name)) : void(shared.erase(name));
      }
    }
  } catch (...) {
    rcl_yaml_node_struct_fini(params);
    throw;
  }
  rcl_yaml_node_struct_fini(params);
  return result;
}

NodeParameters parse_parameters(const ParameterMap & given, const std::set<std::string> & shared)
{
  Reader reader(given, shared);
  NodeParameters parameters{};
  parameters.given = given;
  parameters.hand = parse_hand(reader);
  parameters.control = parse_control(reader);
  const std::string relative_to = reader.text("control.relative_to");
  const std::string hold = reader.text("control.hold");
  const std::string limits = reader.text("control.limits");
  const std::int64_t priority = reader.integer("rt.priority");
  const std::int64_t io_priority = reader.integer("rt.io_priority");
  const std::int64_t cpu = reader.integer("rt.cpu");
  parameters.rt.lock_memory = reader.boolean("rt.lock_memory");
  parameters.auto_enable = reader.boolean("auto_enable");
  parameters.lockstep = reader.boolean("lockstep");
  parameters.simulated = reader.flag("use_sim_time");
  parameters.silence_ns = reader.nanoseconds("silence_s");
  parameters.action_period_ns = reader.nanoseconds("action_period_s");
  parameters.status_period_ns = reader.nanoseconds("status_period_s");
  parameters.diagnostics_period_ns = reader.nanoseconds("diagnostics_period_s");
  parameters.claim = reader.text("claim");
  parameters.state_folder = reader.text("state_folder");
  reader.finish();
  for (const std::string & name : shared) {
    if (!reader.is_known(name)) {
      parameters.given.erase(name);
    }
  }

  parameters.control.relative_to = relative_to_from_string(relative_to);
  parameters.control.hold = hold_target_from_string(hold);
  parameters.control.limits = action_limits_from_string(limits);
  validate(parameters.control);
  require(priority >= 1 && priority <= 99, "rt.priority must be 1 to 99");
  require(
    io_priority >= 0 && io_priority < priority,
    "rt.io_priority must be 0, for the default scheduler, or 1 to below rt.priority");
  require(cpu >= -1 && cpu < 1024, "rt.cpu must be a core number, or -1 for the last one");
  require(parameters.action_period_ns > 0, "action_period_s must be above 0");
  require(parameters.silence_ns > 0, "silence_s must be above 0");
  require(parameters.status_period_ns > 0, "status_period_s must be above 0");
  require(parameters.diagnostics_period_ns > 0, "diagnostics_period_s must be above 0");
  parameters.rt.priority = static_cast<int>(priority);
  parameters.rt.io_priority = static_cast<int>(io_priority);
  parameters.rt.cpu = static_cast<int>(cpu);
  return parameters;
}

}  // namespace inhand_control::node
