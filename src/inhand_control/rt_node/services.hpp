// The controller's services: controller/enable, controller/stop, controller/clear.
#pragma once

#include <std_srvs/srv/set_bool.h>
#include <std_srvs/srv/trigger.h>

#include <functional>
#include <string>
#include <vector>

#include "inhand_control/rt/realtime_loop.hpp"
#include "parameter_services.hpp"
#include "rcl_wrap.hpp"

namespace inhand_control::node
{

class Services
{
public:
  // Carries out a request and says how it went.
  using Handler = std::function<rt::RealtimeLoop::Answer(rt::Request)>;

  Services(Node & node, const ParameterMap & parameters, Handler handler);

  // These and the parameter services.
  std::vector<Service *> all();
  // Answers every request that waits.
  void serve();

private:
  void serve_trigger(Service & service, rt::Request request, const char * done);
  template <typename Response>
  void answer(rt::Request request, const char * done, Response & response);

  const char * logger_;
  Handler handler_;
  Service enable_;
  Service stop_;
  Service clear_;
  ParameterServices parameters_;
};

}  // namespace inhand_control::node
