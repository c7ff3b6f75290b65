#include "parameter_services.hpp"

#include <rcl_interfaces/msg/parameter.h>
#include <rcl_interfaces/msg/parameter_descriptor.h>
#include <rcl_interfaces/msg/parameter_event.h>
#include <rcl_interfaces/msg/parameter_value.h>
#include <rcl_interfaces/msg/set_parameters_result.h>
#include <rcl_interfaces/srv/describe_parameters.h>
#include <rcl_interfaces/srv/get_parameter_types.h>
#include <rcl_interfaces/srv/get_parameters.h>
#include <rcl_interfaces/srv/list_parameters.h>
#include <rcl_interfaces/srv/set_parameters.h>
#include <rcl_interfaces/srv/set_parameters_atomically.h>
#include <rosidl_runtime_c/primitives_sequence_functions.h>
#include <type_description_interfaces/srv/get_type_description.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "inhand_control/rt/realtime.hpp"
#include "messages.hpp"
#include "parameter_messages.hpp"

namespace inhand_control::node
{
namespace
{

constexpr const char * kReadOnly = "read-only: parameters are set when the node starts";

const std::map<std::string, std::string> kDescriptions = {
  {"control.period_s", "control period [s]"},
  {"control.action_timeout_s", "hold when no new action came for this long [s]"},
  {"control.sensors_timeout_s", "zero torque when no sensors came for this long [s]"},
  {"control.soft_start_s", "time for the torque limits to rise from zero [s]"},
  {"control.velocity_filter_s", "time constant of the joint velocity estimate [s]"},
  {"control.torque_slew", "largest change of torque, in torque limits per second"},
  {"control.hall_margin", "usable beyond the ends of a Hall table, share of its span"},
  {"control.hall_disagreement", "largest difference of a joint's two channels, share of the span"},
  {"control.max_joint_speed", "faster joints are not believed [rad/s]"},
  {"control.stuck_torque", "change of torque, in torque limits, that has to move a reading"},
  {"control.stuck_s", "time after such a change when a reading that is the same is stuck [s]"},
  {"control.settle_s", "readings are believed again after they have agreed for this long [s]"},
  {"control.relative_to", "what an action changes: joint_position or previous_target"},
  {"control.hold", "what hold keeps: measured_position or last_target"},
  {"control.limits", "how far actions may move the targets: targets or range"},
  {"rt.priority", "SCHED_FIFO priority of the loop, 1 to 99"},
  {"rt.io_priority", "SCHED_FIFO priority of the threads that carry messages; 0: none"},
  {"rt.cpu", "core the loop is pinned to; -1: the last one this process may use"},
  {"rt.lock_memory", "keep the process in memory"},
  {"auto_enable", "enable the controller at start"},
  {"lockstep", "one cycle for each reading instead of the real-time loop"},
  {"action_period_s", "lockstep: a reading waits for action number floor(stamp / this) [s]"},
  {"silence_s", "simulated time: wall time without a word from the simulator that ends torque [s]"},
  {"status_period_s", "period of controller/status [s]"},
  {"diagnostics_period_s", "period of /diagnostics [s]"},
  {"use_sim_time", "follow the simulator's time, /clock"},
  {"start_type_description_service", "offer ~/get_type_description"},
  {"claim", "what commands are signed with; the driver that was given the same follows them"},
  {"state_folder",
   "where a person's stop is kept; empty: $INHAND_STATE_DIR, ~/.local/state/inhand"},
};

std::vector<std::string> texts(const rosidl_runtime_c__String__Sequence & sequence)
{
  std::vector<std::string> result;
  for (std::size_t i = 0; i < sequence.size; ++i) {
    result.emplace_back(sequence.data[i].data, sequence.data[i].size);
  }
  return result;
}

// Names below any of the prefixes, at most `depth` levels deep (0: any depth).
std::vector<std::string> select(
  const ParameterMap & parameters, const std::vector<std::string> & prefixes, std::uint64_t depth)
{
  std::vector<std::string> names;
  for (const auto & [name, value] : parameters) {
    const auto fits = [&name = name, depth](const std::string & prefix) {
      const bool below = prefix.empty() || name == prefix || name.rfind(prefix + ".", 0) == 0;
      const auto from =
        name.begin() + static_cast<std::ptrdiff_t>(below && !prefix.empty() ? prefix.size() : 0);
      const auto levels = static_cast<std::uint64_t>(std::count(from, name.end(), '.'));
      return below && (depth == 0 || levels < depth + (prefix.empty() ? 0 : 1));
    };
    const bool all = prefixes.empty() && fits("");
    if (all || std::any_of(prefixes.begin(), prefixes.end(), fits)) {
      names.push_back(name);
    }
  }
  return names;
}

constexpr std::size_t kEventsDepth = 1000;  // as every node's

// With the parameters that every node has.
ParameterMap with_standard(ParameterMap parameters)
{
  parameters.emplace("use_sim_time", false);
  parameters.emplace("start_type_description_service", true);
  return parameters;
}

using EventMessage = Message<
  rcl_interfaces__msg__ParameterEvent, rcl_interfaces__msg__ParameterEvent__init,
  rcl_interfaces__msg__ParameterEvent__fini>;

// More names than any tool asks for in one request; a request for more is answered with none.
constexpr std::size_t kMostNames = 1000;
// Requests that are answered before the others' turn.
constexpr int kMostRequests = 8;

// Answers what waits at one service; `answer` fills the response.
template <typename Request, typename Response, typename Answer>
void serve_all(Service & service, Answer answer)
{
  rmw_request_id_t id;
  Request request;
  for (int i = 0; i < kMostRequests && service.take(id, request.get()); ++i) {
    Response response;
    if constexpr (
      std::is_invocable_v<Answer, decltype(*request), decltype(*response), rmw_request_id_t &>) {
      answer(*request, *response, id);
    } else {
      answer(*request, *response);
    }
    service.respond(id, response.get());
  }
}

// Request and response of a service of rcl_interfaces.
#define INHAND_MESSAGE(name)                                          \
  Message<                                                            \
    rcl_interfaces__srv__##name, rcl_interfaces__srv__##name##__init, \
    rcl_interfaces__srv__##name##__fini>
#define INHAND_TYPES(end)                                               \
  Message<                                                              \
    type_description_interfaces__srv__GetTypeDescription_##end,         \
    type_description_interfaces__srv__GetTypeDescription_##end##__init, \
    type_description_interfaces__srv__GetTypeDescription_##end##__fini>
#define INHAND_TYPE(name) ROSIDL_GET_SRV_TYPE_SUPPORT(rcl_interfaces, srv, name)

}  // namespace

ParameterServices::ParameterServices(Node & node, const ParameterMap & parameters)
: node_(node),
  parameters_(with_standard(parameters)),
  describes_types_(std::get<bool>(parameters_.at("start_type_description_service"))),
  events_(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(rcl_interfaces, msg, ParameterEvent), "/parameter_events",
    reliable(kEventsDepth)),
  list_(node, INHAND_TYPE(ListParameters), "~/list_parameters"),
  get_(node, INHAND_TYPE(GetParameters), "~/get_parameters"),
  get_types_(node, INHAND_TYPE(GetParameterTypes), "~/get_parameter_types"),
  describe_(node, INHAND_TYPE(DescribeParameters), "~/describe_parameters"),
  set_(node, INHAND_TYPE(SetParameters), "~/set_parameters"),
  set_atomically_(node, INHAND_TYPE(SetParametersAtomically), "~/set_parameters_atomically")
{
  if (describes_types_) {
    types_.emplace(node);
  }
}

// What every node does once it has declared its parameters, which never change here; said when there is
// somebody to hear it, as nobody has been discovered at the start.
void ParameterServices::announce()
{
  if (announced_ || !events_.has_subscribers()) {
    return;
  }
  announced_ = true;
  EventMessage message;
  message->stamp = to_stamp(rt::system_now_ns());
  assign(message->node, node_.fully_qualified_name());
  require(
    rcl_interfaces__msg__Parameter__Sequence__init(&message->new_parameters, parameters_.size()));
  std::size_t i = 0;
  for (const auto & [name, value] : parameters_) {
    assign(message->new_parameters.data[i].name, name);
    assign_value(message->new_parameters.data[i++].value, value);
  }
  events_.publish(message.get());
}

std::vector<Service *> ParameterServices::all()
{
  std::vector<Service *> all{&list_, &get_, &get_types_, &describe_, &set_, &set_atomically_};
  if (types_) {
    all.push_back(&*types_);
  }
  return all;
}

void ParameterServices::serve()
{
  announce();
  serve_all<INHAND_MESSAGE(ListParameters_Request), INHAND_MESSAGE(ListParameters_Response)>(
    list_, [this](const auto & request, auto & response) {
      if (request.prefixes.size > kMostNames) {
        return;
      }
      assign_texts(
        response.result.names, select(parameters_, texts(request.prefixes), request.depth));
    });
  serve_all<INHAND_MESSAGE(GetParameters_Request), INHAND_MESSAGE(GetParameters_Response)>(
    get_, [this](const auto & request, auto & response) {
      if (request.names.size > kMostNames) {
        return;
      }
      require(
        rcl_interfaces__msg__ParameterValue__Sequence__init(&response.values, request.names.size));
      for (std::size_t i = 0; i < request.names.size; ++i) {
        const auto found = parameters_.find(request.names.data[i].data);
        if (found != parameters_.end()) {  // else PARAMETER_NOT_SET
          assign_value(response.values.data[i], found->second);
        }
      }
    });
  serve_all<INHAND_MESSAGE(GetParameterTypes_Request), INHAND_MESSAGE(GetParameterTypes_Response)>(
    get_types_, [this](const auto & request, auto & response) {
      if (request.names.size > kMostNames) {
        return;
      }
      require(rosidl_runtime_c__uint8__Sequence__init(&response.types, request.names.size));
      for (std::size_t i = 0; i < request.names.size; ++i) {
        const auto found = parameters_.find(request.names.data[i].data);
        response.types.data[i] = found == parameters_.end() ? 0 : type_of(found->second);
      }
    });
  serve_all<
    INHAND_MESSAGE(DescribeParameters_Request), INHAND_MESSAGE(DescribeParameters_Response)>(
    describe_, [this](const auto & request, auto & response) {
      if (request.names.size > kMostNames) {
        return;
      }
      require(rcl_interfaces__msg__ParameterDescriptor__Sequence__init(
        &response.descriptors, request.names.size));
      for (std::size_t i = 0; i < request.names.size; ++i) {
        const std::string name = request.names.data[i].data;
        auto & descriptor = response.descriptors.data[i];
        const auto found = parameters_.find(name);
        const auto described = kDescriptions.find(name);
        assign(descriptor.name, name);
        assign(
          descriptor.description, described == kDescriptions.end()
                                    ? "table of the hand, see config/hand.yaml"
                                    : described->second);
        descriptor.type = found == parameters_.end() ? 0 : type_of(found->second);
        descriptor.read_only = true;
      }
    });
  serve_writes();
  if (types_) {
    serve_all<INHAND_TYPES(Request), INHAND_TYPES(Response)>(
      *types_, [this](auto & request, auto & response, rmw_request_id_t & id) {
        rcl_node_type_description_service_handle_request(node_.get(), &id, &request, &response);
      });
  }
}

void ParameterServices::serve_writes()
{
  serve_all<INHAND_MESSAGE(SetParameters_Request), INHAND_MESSAGE(SetParameters_Response)>(
    set_, [](const auto & request, auto & response) {
      if (request.parameters.size > kMostNames) {
        return;
      }
      require(rcl_interfaces__msg__SetParametersResult__Sequence__init(
        &response.results, request.parameters.size));
      for (std::size_t i = 0; i < request.parameters.size; ++i) {
        assign(response.results.data[i].reason, kReadOnly);
      }
    });
  serve_all<
    INHAND_MESSAGE(SetParametersAtomically_Request),
    INHAND_MESSAGE(SetParametersAtomically_Response)>(
    set_atomically_,
    [](const auto &, auto & response) { assign(response.result.reason, kReadOnly); });
}

}  // namespace inhand_control::node
