"""`ros2 node list`."""

import argparse
import sys

from . import graph


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb and its arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="verb")
    verb = verbs.add_parser("list", help="Output a list of available nodes")
    verb.add_argument("-a", "--all", action="store_true", help="Display all nodes even hidden ones")
    verb.add_argument("-c", "--count-nodes", action="store_true", help="Only display the number of nodes discovered")
    graph.add_spin_time(verb)


def main(options: argparse.Namespace) -> int:
    """Print the names of the nodes."""
    with graph.direct_node(options.spin_time) as node:
        names = graph.node_names(node, options.all)
    if options.count_nodes:
        print(len(names))
        return 0
    if len(set(names)) < len(names):
        print(
            "WARNING: Be aware that there are nodes in the graph that share an exact name, which can have unintended "
            "side effects.",
            file=sys.stderr,
        )
    print("\n".join(names), end="\n" if names else "")
    return 0
