#include "graph.hpp"

#include <rcl/error_handling.h>
#include <rcl/graph.h>

#include <algorithm>
#include <cstring>

namespace inhand_control::node
{

std::vector<Writer> writers_of(Node & node, const char * topic)
{
  rcutils_allocator_t allocator = rcutils_get_default_allocator();
  rcl_topic_endpoint_info_array_t infos = rcl_get_zero_initialized_topic_endpoint_info_array();
  check(
    rcl_get_publishers_info_by_topic(node.get(), &allocator, topic, false, &infos),
    std::string("looking for the publishers of ") + topic);
  std::vector<Writer> writers;
  for (std::size_t i = 0; i < infos.size; ++i) {
    const rmw_topic_endpoint_info_t & info = infos.info_array[i];
    const std::string space = info.node_namespace;
    Writer writer{{}, space + (space == "/" ? "" : "/") + info.node_name};
    static_assert(sizeof(info.endpoint_gid) >= sizeof(writer.id));
    std::memcpy(writer.id.data(), info.endpoint_gid, writer.id.size());
    writers.push_back(writer);
  }
  if (rcl_topic_endpoint_info_array_fini(&infos, &allocator) != RCL_RET_OK) {
    rcl_reset_error();
  }
  return writers;
}

std::vector<std::string> publishers_of(Node & node, const char * topic)
{
  std::vector<std::string> names;
  for (const Writer & writer : writers_of(node, topic)) {
    names.push_back(writer.node);
  }
  return names;
}

std::size_t nodes_of(Node & node)
{
  rcutils_string_array_t names = rcutils_get_zero_initialized_string_array();
  rcutils_string_array_t spaces = rcutils_get_zero_initialized_string_array();
  check(
    rcl_get_node_names(node.get(), rcutils_get_default_allocator(), &names, &spaces),
    "listing the nodes");
  const std::size_t count = names.size;
  if (
    rcutils_string_array_fini(&names) != RCUTILS_RET_OK ||
    rcutils_string_array_fini(&spaces) != RCUTILS_RET_OK) {
    rcl_reset_error();
  }
  return count;
}

std::string join(std::vector<std::string> names)
{
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string text;
  for (const std::string & name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

}  // namespace inhand_control::node
