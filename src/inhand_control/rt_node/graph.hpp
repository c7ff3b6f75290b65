// Who else is in the graph.
#pragma once

#include <string>
#include <vector>

#include "rcl_wrap.hpp"

namespace inhand_control::node
{

// Full names of the nodes that publish a topic, one for each publisher, as far as discovery knows.
std::vector<std::string> publishers_of(Node & node, const char * topic);

// The names with commas between them, each once.
std::string join(std::vector<std::string> names);

}  // namespace inhand_control::node
