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

constexpr int kMostRequests = 8;  // of one service, before the others' turn

}  // namespace

Services::Services(
  Node & node, const ParameterMap & parameters, rt::StopLatch & latch, Handler handler,
  Obstacle obstacle)
: logger_(node.logger_name()),
  latch_(latch),
  handler_(std::move(handler)),
  obstacle_(std::move(obstacle)),
  enable_(node, ROSIDL_GET_SRV_TYPE_SUPPORT(std_srvs, srv, SetBool), "controller/enable"),
  stop_(node, ROSIDL_GET_SRV_TYPE_SUPPORT(std_srvs, srv, Trigger), "controller/stop"),
  clear_(node, ROSIDL_GET_SRV_TYPE_SUPPORT(std_srvs, srv, Trigger), "controller/clear"),
  parameters_(node, parameters)
{
}

std::vector<Service *> Services::patient()
{
  std::vector<Service *> services = parameters_.all();
  services.insert(services.end(), {&enable_, &clear_});
  return services;
}

void Services::serve_urgent()
{
  serve_trigger(stop_, rt::Request::kStop, "stopped; controller/clear releases it");
}

void Services::serve_patient()
{
  serve_enable();
  serve_trigger(clear_, rt::Request::kClear, "cleared; controller/enable starts it");
  parameters_.serve();
}

void Services::serve_enable()
{
  rmw_request_id_t id;
  EnableRequest request;
  for (int i = 0; i < kMostRequests && enable_.take(id, request.get()); ++i) {
    EnableResponse response;
    if (!request->data) {
      answer(rt::Request::kDisable, "disabled", *response);
    } else if (const std::string obstacle = obstacle_(); !obstacle.empty()) {
      response->success = false;
      assign(response->message, "refused: " + obstacle);
      RCUTILS_LOG_WARN_NAMED(logger_, "enable refused: %s", obstacle.c_str());
    } else {
      answer(rt::Request::kEnable, "enabled", *response);
    }
    enable_.respond(id, response.get());
  }
}

void Services::serve_trigger(Service & service, rt::Request request, const char * done)
{
  rmw_request_id_t id;
  TriggerRequest trigger;
  for (int i = 0; i < kMostRequests && service.take(id, trigger.get()); ++i) {
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
  std::string text = response.success ? done
                     : answer == rt::RealtimeLoop::Answer::kRefused
                       ? "refused: the controller is stopped; call controller/clear first"
                       : "no answer from the control loop";
  // The motors first, then the disk. A stop that the loop did not answer to is kept all the same.
  if (request == rt::Request::kStop || (request == rt::Request::kClear && response.success)) {
    if (const std::string error = latch_.set(request == rt::Request::kStop); !error.empty()) {
      text += "; a restart of the controller will not know it: " + error;
    }
  }
  assign(response.message, text);
  RCUTILS_LOG_INFO_NAMED(logger_, "%s", text.c_str());
}

}  // namespace inhand_control::node
