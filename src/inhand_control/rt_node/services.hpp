// The controller's services: controller/enable, controller/stop, controller/clear.
#pragma once

#include <std_srvs/srv/set_bool.h>
#include <std_srvs/srv/trigger.h>

#include <functional>
#include <string>
#include <vector>

#include "inhand_control/rt/realtime_loop.hpp"
#include "inhand_control/rt/stop_latch.hpp"
#include "parameter_services.hpp"
#include "rcl_wrap.hpp"

namespace inhand_control::node
{

class Services
{
public:
  // Carries out a request and says how it went.
  using Handler = std::function<rt::RealtimeLoop::Answer(rt::Request)>;
  // Says why the controller must not be enabled now; "" where it may.
  using Obstacle = std::function<std::string()>;

  Services(
    Node & node, const ParameterMap & parameters, rt::StopLatch & latch, Handler handler,
    Obstacle obstacle);

  // Stop, which waits behind nothing where a thread of its own serves it.
  std::vector<Service *> urgent() { return {&stop_}; }
  void serve_urgent();

  // The others and the parameter services; a few requests of each at a time.
  std::vector<Service *> patient();
  void serve_patient();

private:
  void serve_enable();
  void serve_trigger(Service & service, rt::Request request, const char * done);
  template <typename Response>
  void answer(rt::Request request, const char * done, Response & response);

  const char * logger_;
  rt::StopLatch & latch_;
  Handler handler_;
  Obstacle obstacle_;
  Service enable_;
  Service stop_;
  Service clear_;
  ParameterServices parameters_;
};

}  // namespace inhand_control::node
