// Who else is in the graph.
#pragma once

#include <string>
#include <vector>

#include "rcl_wrap.hpp"

namespace inhand_control::node
{

// Full names of the nodes that publish a topic, one for each publisher, as far as discovery knows.
std::vector<std::string> publishers_of(Node & node, const char * topic);

// How many nodes there are, this one among them, as far as discovery knows.
std::size_t nodes_of(Node & node);

// The names with commas between them, each once.
std::string join(std::vector<std::string> names);

}  // namespace inhand_control::node
