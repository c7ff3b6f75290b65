#include "rcl_wrap.hpp"

#include <pwd.h>
#include <rcl/error_handling.h>
#include <rcl/logging.h>
#include <rcl/logging_rosout.h>
#include <rcl/node.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace inhand_control::node
{

void check(rcl_ret_t result, const std::string & doing)
{
  if (result != RCL_RET_OK) {
    std::string message = doing + ": " + rcl_get_error_string().str;
    rcl_reset_error();
    throw std::runtime_error(message);
  }
}

rmw_qos_profile_t reliable(std::size_t depth)
{
  rmw_qos_profile_t profile = rmw_qos_profile_default;
  profile.reliability = RMW_QOS_POLICY_RELIABILITY_RELIABLE;
  profile.depth = depth;
  return profile;
}

rmw_qos_profile_t best_effort(std::size_t depth)
{
  rmw_qos_profile_t profile = reliable(depth);
  profile.reliability = RMW_QOS_POLICY_RELIABILITY_BEST_EFFORT;
  return profile;
}

rmw_qos_profile_t lockstep_qos(std::size_t depth)
{
  rmw_qos_profile_t profile = reliable(depth);
  profile.durability = RMW_QOS_POLICY_DURABILITY_TRANSIENT_LOCAL;
  return profile;
}

namespace
{

// ROS keeps its logs below $HOME, which some services and containers do not set.
void ensure_home()
{
  const char * home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') {
    return;
  }
  const passwd * user = ::getpwuid(::getuid());
  const std::string other = "/tmp/inhand_home_" + std::to_string(::getuid());
  ::setenv("HOME", user != nullptr ? user->pw_dir : other.c_str(), 1);
}

}  // namespace

Context::Context(int argc, const char * const * argv) : context_(rcl_get_zero_initialized_context())
{
  ensure_home();
  rcl_init_options_t options = rcl_get_zero_initialized_init_options();
  check(rcl_init_options_init(&options, rcl_get_default_allocator()), "initialising options");
  const rcl_ret_t result = rcl_init(argc, argv, &options, &context_);
  const rcl_ret_t finished = rcl_init_options_fini(&options);
  check(result, "initialising ROS");
  check(finished, "finalising options");
  const rcl_allocator_t allocator = rcl_get_default_allocator();
  check(rcl_logging_configure(&context_.global_arguments, &allocator), "configuring the log");
}

Context::~Context()
{
  // Nothing can be done about a failure on the way out.
  if (
    rcl_shutdown(&context_) != RCL_RET_OK || rcl_logging_fini() != RCL_RET_OK ||
    rcl_context_fini(&context_) != RCL_RET_OK) {
    rcl_reset_error();
  }
}

Node::Node(Context & context, const char * name) : node_(rcl_get_zero_initialized_node())
{
  rcl_node_options_t options = rcl_node_get_default_options();
  const rcl_ret_t result = rcl_node_init(&node_, name, "", context.get(), &options);
  const rcl_ret_t finished = rcl_node_options_fini(&options);
  check(result, "creating the node");
  check(finished, "finalising node options");
  if (rcl_logging_rosout_enabled()) {  // what is logged goes to /rosout as well
    check(rcl_logging_rosout_init_publisher_for_node(&node_), "creating the publisher of /rosout");
  }
}

Node::~Node()
{
  if (
    rcl_logging_rosout_enabled() &&
    rcl_logging_rosout_fini_publisher_for_node(&node_) != RCL_RET_OK) {
    rcl_reset_error();
  }
  if (rcl_node_fini(&node_) != RCL_RET_OK) {
    rcl_reset_error();
  }
}

Publisher::Publisher(
  Node & node, const rosidl_message_type_support_t * type, const char * topic,
  const rmw_qos_profile_t & qos)
: node_(node), publisher_(rcl_get_zero_initialized_publisher())
{
  rcl_publisher_options_t options = rcl_publisher_get_default_options();
  options.qos = qos;
  check(
    rcl_publisher_init(&publisher_, node.get(), type, topic, &options),
    std::string("creating the publisher of ") + topic);
}

Publisher::~Publisher()
{
  if (rcl_publisher_fini(&publisher_, node_.get()) != RCL_RET_OK) {
    rcl_reset_error();
  }
}

bool Publisher::has_subscribers() const
{
  std::size_t count = 0;
  if (rcl_publisher_get_subscription_count(&publisher_, &count) != RCL_RET_OK) {
    rcl_reset_error();
    return false;
  }
  return count > 0;
}

bool Publisher::publish(const void * message)
{
  if (rcl_publish(&publisher_, message, nullptr) == RCL_RET_OK) {
    return true;
  }
  rcl_reset_error();
  return false;
}

Subscription::Subscription(
  Node & node, const rosidl_message_type_support_t * type, const char * topic,
  const rmw_qos_profile_t & qos)
: node_(node), subscription_(rcl_get_zero_initialized_subscription())
{
  rcl_subscription_options_t options = rcl_subscription_get_default_options();
  options.qos = qos;
  const rcl_ret_t result = rcl_subscription_init(&subscription_, node.get(), type, topic, &options);
  const rcl_ret_t finished = rcl_subscription_options_fini(&options);
  check(result, std::string("subscribing to ") + topic);
  check(finished, "finalising subscription options");
}

Subscription::~Subscription()
{
  if (rcl_subscription_fini(&subscription_, node_.get()) != RCL_RET_OK) {
    rcl_reset_error();
  }
}

bool Subscription::take(void * message, rmw_gid_t & writer)
{
  rmw_message_info_t info = rmw_get_zero_initialized_message_info();
  const rcl_ret_t result = rcl_take(&subscription_, message, &info, nullptr);
  if (result == RCL_RET_OK) {
    writer = info.publisher_gid;
    return true;
  }
  rcl_reset_error();
  return false;
}

Service::Service(Node & node, const rosidl_service_type_support_t * type, const char * name)
: node_(node), service_(rcl_get_zero_initialized_service())
{
  const rcl_service_options_t options = rcl_service_get_default_options();
  check(
    rcl_service_init(&service_, node.get(), type, name, &options),
    std::string("creating the service ") + name);
}

Service::Service(Node & node) : node_(node), service_(rcl_get_zero_initialized_service()) {}

TypeDescriptionService::TypeDescriptionService(Node & node) : Service(node)
{
  check(
    rcl_node_type_description_service_init(get(), node.get()),
    "creating the service of type descriptions");
}

Service::~Service()
{
  if (rcl_service_fini(&service_, node_.get()) != RCL_RET_OK) {
    rcl_reset_error();
  }
}

bool Service::take(rmw_request_id_t & id, void * request)
{
  if (rcl_take_request(&service_, &id, request) == RCL_RET_OK) {
    return true;
  }
  rcl_reset_error();
  return false;
}

void Service::respond(rmw_request_id_t & id, void * response)
{
  // A client that has gone is its own trouble.
  if (rcl_send_response(&service_, &id, response) != RCL_RET_OK) {
    rcl_reset_error();
  }
}

WaitSet::WaitSet(
  Context & context, std::vector<Subscription *> subscriptions, std::vector<Service *> services)
: subscriptions_(std::move(subscriptions)),
  services_(std::move(services)),
  wait_set_(rcl_get_zero_initialized_wait_set())
{
  check(
    rcl_wait_set_init(
      &wait_set_, subscriptions_.size(), 0, 0, 0, services_.size(), 0, context.get(),
      rcl_get_default_allocator()),
    "creating the wait set");
}

WaitSet::~WaitSet()
{
  if (rcl_wait_set_fini(&wait_set_) != RCL_RET_OK) {
    rcl_reset_error();
  }
}

void WaitSet::wait(std::int64_t timeout_ns)
{
  check(rcl_wait_set_clear(&wait_set_), "clearing the wait set");
  for (auto * subscription : subscriptions_) {
    check(
      rcl_wait_set_add_subscription(&wait_set_, subscription->get(), nullptr),
      "waiting for a topic");
  }
  for (auto * service : services_) {
    check(rcl_wait_set_add_service(&wait_set_, service->get(), nullptr), "waiting for a service");
  }
  const rcl_ret_t result = rcl_wait(&wait_set_, timeout_ns);
  if (result != RCL_RET_TIMEOUT) {
    check(result, "waiting");
  }
}

}  // namespace inhand_control::node
