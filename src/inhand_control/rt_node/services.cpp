#include "services.hpp"

#include <rcutils/logging_macros.h>

#include <utility>

#include "messages.hpp"

namespace inhand_control::node
{
namespace
{

using EnableRequest = Message<
  std_srvs__srv__SetBool_Request, std_srvs__srv__SetBool_Request__init,
  std_srvs__srv__SetBool_Request__fini>;
using EnableResponse = Message<
  std_srvs__srv__SetBool_Response, std_srvs__srv__SetBool_Response__init,
  std_srvs__srv__SetBool_Response__fini>;
using TriggerRequest = Message<
  std_srvs__srv__Trigger_Request, std_srvs__srv__Trigger_Request__init,
  std_srvs__srv__Trigger_Request__fini>;
using TriggerResponse = Message<
  std_srvs__srv__Trigger_Response, std_srvs__srv__Trigger_Response__init,
  std_srvs__srv__Trigger_Response__fini>;

}  // namespace

Services::Services(Node & node, const ParameterMap & parameters, Handler handler)
: logger_(node.logger_name()),
  handler_(std::move(handler)),
  enable_(node, ROSIDL_GET_SRV_TYPE_SUPPORT(std_srvs, srv, SetBool), "controller/enable"),
  stop_(node, ROSIDL_GET_SRV_TYPE_SUPPORT(std_srvs, srv, Trigger), "controller/stop"),
  clear_(node, ROSIDL_GET_SRV_TYPE_SUPPORT(std_srvs, srv, Trigger), "controller/clear"),
  parameters_(node, parameters)
{
}

std::vector<Service *> Services::all()
{
  std::vector<Service *> services = parameters_.all();
  services.insert(services.end(), {&enable_, &stop_, &clear_});
  return services;
}

void Services::serve()
{
  parameters_.serve();
  rmw_request_id_t id;
  EnableRequest request;
  while (enable_.take(id, request.get())) {
    EnableResponse response;
    if (request->data) {
      answer(rt::Request::kEnable, "enabled", *response);
    } else {
      answer(rt::Request::kDisable, "disabled", *response);
    }
    enable_.respond(id, response.get());
  }
  serve_trigger(stop_, rt::Request::kStop, "stopped; controller/clear releases it");
  serve_trigger(clear_, rt::Request::kClear, "cleared; controller/enable starts it");
}

void Services::serve_trigger(Service & service, rt::Request request, const char * done)
{
  rmw_request_id_t id;
  TriggerRequest trigger;
  while (service.take(id, trigger.get())) {
    TriggerResponse response;
    answer(request, done, *response);
    service.respond(id, response.get());
  }
}

template <typename Response>
void Services::answer(rt::Request request, const char * done, Response & response)
{
  const auto answer = handler_(request);
  response.success = answer == rt::RealtimeLoop::Answer::kApplied;
  const std::string text = response.success ? done
                           : answer == rt::RealtimeLoop::Answer::kRefused
                             ? "refused: the controller is stopped; call controller/clear first"
                             : "no answer from the control loop";
  assign(response.message, text);
  RCUTILS_LOG_INFO_NAMED(logger_, "%s", text.c_str());
}

}  // namespace inhand_control::node
