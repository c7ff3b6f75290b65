// Who else is in the graph.
#pragma once

#include <string>
#include <vector>

#include "rcl_wrap.hpp"
#include "writer_lock.hpp"

namespace inhand_control::node
{

// Who publishes a topic, as far as discovery knows.
std::vector<Writer> writers_of(Node & node, const char * topic);

// Full names of the nodes that publish a topic, one for each publisher, as far as discovery knows.
std::vector<std::string> publishers_of(Node & node, const char * topic);

// How many nodes there are, this one among them, as far as discovery knows.
std::size_t nodes_of(Node & node);

// The names with commas between them, each once.
std::string join(std::vector<std::string> names);

}  // namespace inhand_control::node
