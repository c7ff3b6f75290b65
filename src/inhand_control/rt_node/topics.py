"""Writes topics.hpp: the topics of config/graph.yaml for the node in C++.   python3 topics.py graph.yaml topics.hpp"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "inhand_core"))

from inhand_core.graph_spec import LOCKSTEP_DEPTH, TopicSpec, load_topics


def constant(name: str) -> str:
    """The name in C++ of a topic: kHandSensors of hand/sensors."""
    return "k" + "".join(word.capitalize() for word in name.replace("/", "_").split("_"))


def line(name: str, topic: TopicSpec) -> str:
    """The definition of one topic."""
    reliable, latched = (str(yes).lower() for yes in (topic.qos != "sensor", topic.qos == "latched"))
    depths = f"{topic.publisher_depth}, {topic.depth}"
    return f'inline constexpr Topic {constant(name)}{{"{name}", {depths}, {reliable}, {latched}}};'


def header(path: str) -> str:
    """The whole file."""
    lines = [line(name, topic) for name, topic in load_topics(path).items()]
    return HEADER.format(lines="\n".join(lines), lockstep=LOCKSTEP_DEPTH)


HEADER = """// Written by topics.py from config/graph.yaml.
#pragma once

#include <cstddef>

namespace inhand_control::topics
{{

struct Topic
{{
  const char * name;
  std::size_t publisher_depth;
  std::size_t subscription_depth;
  bool reliable;  // what subscriptions ask for; publishers always offer it
  bool latched;
}};

{lines}

inline constexpr std::size_t kLockstepDepth = {lockstep};

}}  // namespace inhand_control::topics
"""

if __name__ == "__main__":
    Path(sys.argv[2]).write_text(header(sys.argv[1]))
