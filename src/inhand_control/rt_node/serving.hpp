// What the ways to run the node have in common: who is followed how long, and threads of requests.
#pragma once

#include <cstdint>
#include <cstdio>
#include <exception>

#include "graph.hpp"
#include "rcl_wrap.hpp"
#include "run.hpp"
#include "writer_lock.hpp"

namespace inhand_control::node
{

constexpr std::int64_t kIdleNs = 50'000'000;  // how often an idle thread looks for the end

// So long a publisher that is followed has to be silent before another can take its place.
constexpr std::int64_t kReleaseNs = 1'000'000'000;

// What lets one publisher of a subscription's topic in.
inline WriterLock one_writer(Node & node, const Subscription & subscription)
{
  return WriterLock(subscription.topic(), kReleaseNs, [&node, topic = subscription.topic()]() {
    return writers_of(node, topic);
  });
}

// Answers requests until the process is told to end, or cannot.
template <typename Answer>
void serve(WaitSet & requests, const Answer & answer)
{
  try {
    while (!g_interrupted) {
      requests.wait(kIdleNs);
      answer();
    }
  } catch (const std::exception & error) {
    std::fprintf(stderr, "rt_node: %s\n", error.what());
    g_interrupted = true;
  }
}

}  // namespace inhand_control::node
