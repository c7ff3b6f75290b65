// graph_guard [--namespace NAME] TOPIC...: ends with code 1 where one of the topics, in that namespace,
// has a publisher already, and says which. Launch files ask it before they start anything: two graphs
// in one namespace of a domain work on one hand.
#include <rcl/domain_id.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "graph.hpp"
#include "inhand_control/rt/realtime.hpp"
#include "rcl_wrap.hpp"

namespace inhand_control::node
{
namespace
{

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kLeastNs = 2000 * kMillisecond;   // discovery takes as long
constexpr std::int64_t kMostNs = 10'000 * kMillisecond;  // and so long on a busy machine
constexpr std::int64_t kLookNs = 50 * kMillisecond;
constexpr std::int64_t kSettleNs = 300 * kMillisecond;  // for the rest, once one was found

// How many participants of the domain this machine has, by the UDP ports that are listened on: RTPS
// gives a domain 250 from 7400 + 250 * id on, and a participant every second one from the 10th on.
std::size_t listening(std::size_t domain)
{
  std::set<unsigned long> ports;
  const unsigned long first = 7400 + 250 * domain;
  for (const char * table : {"/proc/net/udp", "/proc/net/udp6"}) {
    std::ifstream lines(table);
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      const std::size_t colon = line.find(':', line.find(':') + 1);
      const unsigned long port = std::strtoul(line.c_str() + colon + 1, nullptr, 16);
      if (port >= first + 10 && port < first + 250 && (port - first) % 2 == 0) {
        ports.insert(port);
      }
    }
  }
  return ports.size();
}

bool only_this_machine()
{
  const char * range = std::getenv("ROS_AUTOMATIC_DISCOVERY_RANGE");
  const char * peers = std::getenv("ROS_STATIC_PEERS");
  return range != nullptr && std::string(range) == "LOCALHOST" &&
         (peers == nullptr || *peers == '\0');
}

std::string found(Node & node, const std::vector<std::string> & topics)
{
  std::string text;
  for (const std::string & topic : topics) {
    const auto publishers = publishers_of(node, topic.c_str());
    if (!publishers.empty()) {
      text += (text.empty() ? "" : "; ") + topic + " is published by " + join(publishers);
    }
  }
  return text;
}

// What is there already, in words; "" for nothing.
std::string look(const std::vector<std::string> & topics, std::size_t & domain)
{
  const char * const arguments[] = {"graph_guard"};
  check(rcl_get_default_domain_id(&domain), "reading ROS_DOMAIN_ID");
  domain = domain == RCL_DEFAULT_DOMAIN_ID ? 0 : domain;
  const std::size_t there = listening(domain);
  if (only_this_machine() && there == 0) {
    return "";
  }
  Context context(1, arguments);
  Node node(context, "graph_guard");
  const std::int64_t begun_ns = rt::steady_now_ns();
  const auto waited = [begun_ns](std::int64_t time_ns) {
    return rt::steady_now_ns() - begun_ns >= time_ns;
  };
  // Until all are known, as far as that can be told: each has a node at least.
  while (!waited(kLeastNs) || (nodes_of(node) <= there && !waited(kMostNs))) {
    if (!found(node, topics).empty()) {
      rt::sleep_until_ns(rt::steady_now_ns() + kSettleNs);
      return found(node, topics);
    }
    rt::sleep_until_ns(rt::steady_now_ns() + kLookNs);
  }
  return "";
}

// A name with its slash before it and none behind.
std::string absolute(std::string name)
{
  while (name.size() > 1 && name.back() == '/') {
    name.pop_back();
  }
  return name.empty() || name[0] == '/' ? name : "/" + name;
}

int guard(const std::vector<std::string> & topics)
{
  std::size_t domain = 0;
  const std::string there = look(topics, domain);
  if (there.empty()) {
    return 0;
  }
  std::fprintf(
    stderr,
    "ROS domain %zu has a graph already: %s. Two graphs in one place work on one hand: end the "
    "other one, or start this one with another ROS_DOMAIN_ID or, for another hand, namespace.\n",
    domain, there.c_str());
  return 1;
}

}  // namespace
}  // namespace inhand_control::node

int main(int argc, char ** argv)
{
  const bool placed = argc > 2 && std::string(argv[1]) == "--namespace";
  const std::string space = placed ? inhand_control::node::absolute(argv[2]) : "";
  std::vector<std::string> topics;
  for (int i = placed ? 3 : 1; i < argc; ++i) {
    const std::string topic = inhand_control::node::absolute(argv[i]);
    topics.push_back((space == "/" ? "" : space) + topic);
  }
  if (topics.empty()) {
    std::fprintf(stderr, "usage: graph_guard [--namespace NAME] TOPIC...\n");
    return 2;
  }
  try {
    return inhand_control::node::guard(topics);
  } catch (const std::exception & error) {
    std::fprintf(stderr, "graph_guard: %s\n", error.what());
    return 1;
  }
}
