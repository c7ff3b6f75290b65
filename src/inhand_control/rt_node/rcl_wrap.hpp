// Owning wrappers of the few rcl objects that the node needs. Failures raise std::runtime_error.
#pragma once

#include <rcl/rcl.h>

#include <cstdint>
#include <string>
#include <vector>

namespace inhand_control::node
{

void check(rcl_ret_t result, const std::string & doing);

// Quality of service of the graph's topics. Publishers are reliable, so that a recorder can ask for
// it; streams are subscribed best effort. In lockstep nothing may be lost, not even what was
// published before the other side was discovered.
rmw_qos_profile_t reliable(std::size_t depth);
rmw_qos_profile_t best_effort(std::size_t depth);
rmw_qos_profile_t lockstep_qos(std::size_t depth);

class Context
{
public:
  Context(int argc, const char * const * argv);
  ~Context();
  Context(const Context &) = delete;
  Context & operator=(const Context &) = delete;

  rcl_context_t * get() { return &context_; }
  const rcl_arguments_t & arguments() const { return context_.global_arguments; }

private:
  rcl_context_t context_;
};

class Node
{
public:
  Node(Context & context, const char * name);
  ~Node();
  Node(const Node &) = delete;
  Node & operator=(const Node &) = delete;

  rcl_node_t * get() { return &node_; }
  std::string fully_qualified_name() const { return rcl_node_get_fully_qualified_name(&node_); }
  const char * logger_name() const { return rcl_node_get_logger_name(&node_); }

private:
  rcl_node_t node_;
};

class Publisher
{
public:
  Publisher(
    Node & node, const rosidl_message_type_support_t * type, const char * topic,
    const rmw_qos_profile_t & qos);
  ~Publisher();
  Publisher(const Publisher &) = delete;
  Publisher & operator=(const Publisher &) = delete;

  bool has_subscribers() const;
  // False when the middleware refused the message.
  bool publish(const void * message);
  // The topic's name with its namespace.
  const char * topic() const { return rcl_publisher_get_topic_name(&publisher_); }

private:
  Node & node_;
  rcl_publisher_t publisher_;
};

class Subscription
{
public:
  Subscription(
    Node & node, const rosidl_message_type_support_t * type, const char * topic,
    const rmw_qos_profile_t & qos);
  ~Subscription();
  Subscription(const Subscription &) = delete;
  Subscription & operator=(const Subscription &) = delete;

  rcl_subscription_t * get() { return &subscription_; }
  // The topic's name with its namespace.
  const char * topic() const { return rcl_subscription_get_topic_name(&subscription_); }
  // Takes the next message that waits; false when there is none. `writer` becomes its publisher's id.
  bool take(void * message, rmw_gid_t & writer);

private:
  Node & node_;
  rcl_subscription_t subscription_;
};

class Service
{
public:
  Service(Node & node, const rosidl_service_type_support_t * type, const char * name);
  ~Service();
  Service(const Service &) = delete;
  Service & operator=(const Service &) = delete;

  rcl_service_t * get() { return &service_; }
  bool take(rmw_request_id_t & id, void * request);
  void respond(rmw_request_id_t & id, void * response);

protected:
  explicit Service(Node & node);  // not initialised: get() is

private:
  Node & node_;
  rcl_service_t service_;
};

// ~/get_type_description, which rcl makes and answers.
class TypeDescriptionService : public Service
{
public:
  explicit TypeDescriptionService(Node & node);
};

class WaitSet
{
public:
  WaitSet(
    Context & context, std::vector<Subscription *> subscriptions, std::vector<Service *> services);
  ~WaitSet();
  WaitSet(const WaitSet &) = delete;
  WaitSet & operator=(const WaitSet &) = delete;

  // Returns when something is ready or the time is up.
  void wait(std::int64_t timeout_ns);

private:
  std::vector<Subscription *> subscriptions_;
  std::vector<Service *> services_;
  rcl_wait_set_t wait_set_;
};

// A message of rosidl's C structures that frees what it holds.
template <typename T, bool (*Init)(T *), void (*Fini)(T *)>
class Message
{
public:
  Message() { check(Init(&value_) ? RCL_RET_OK : RCL_RET_BAD_ALLOC, "creating a message"); }
  ~Message() { Fini(&value_); }
  Message(const Message &) = delete;
  Message & operator=(const Message &) = delete;

  T * operator->() { return &value_; }
  T & operator*() { return value_; }
  T * get() { return &value_; }

private:
  T value_;
};

}  // namespace inhand_control::node
