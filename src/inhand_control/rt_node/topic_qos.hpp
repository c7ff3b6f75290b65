// The graph's topics as rcl asks for them; the rules are those of inhand_ros.qos.
#pragma once

#include "rcl_wrap.hpp"
#include "topics.hpp"

namespace inhand_control::node
{

inline rmw_qos_profile_t publisher_qos(const topics::Topic & topic, bool lockstep)
{
  return lockstep        ? lockstep_qos(topics::kLockstepDepth)
         : topic.latched ? lockstep_qos(topic.publisher_depth)
                         : reliable(topic.publisher_depth);
}

inline rmw_qos_profile_t subscription_qos(const topics::Topic & topic, bool lockstep)
{
  return lockstep         ? lockstep_qos(topics::kLockstepDepth)
         : topic.latched  ? lockstep_qos(topic.subscription_depth)
         : topic.reliable ? reliable(topic.subscription_depth)
                          : best_effort(topic.subscription_depth);
}

}  // namespace inhand_control::node
