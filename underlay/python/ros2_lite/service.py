"""`ros2 service list | call`."""

import argparse
import time

import rclpy

from . import graph, messages


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs and their arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="verb")
    verb = verbs.add_parser("list", help="Output a list of available services")
    verb.add_argument("-t", "--show-types", action="store_true", help="Additionally show the service type")
    verb.add_argument("-c", "--count-services", action="store_true", help="Only display the number of services")
    verb.add_argument("--include-hidden-services", action="store_true", help="Consider hidden services as well")
    verb.set_defaults(function=list_services)
    verb = verbs.add_parser("call", help="Call a service")
    verb.add_argument("service_name")
    verb.add_argument("service_type", help="Type of the ROS service (e.g. 'std_srvs/srv/Empty')")
    verb.add_argument("values", nargs="?", default="{}", help="Values to fill the request with in YAML format")
    verb.add_argument("-r", "--rate", type=float, metavar="N", help="Repeat the call at a specific rate in Hz")
    verb.set_defaults(function=call)
    for verb in verbs.choices.values():
        graph.add_spin_time(verb)


def main(options: argparse.Namespace) -> int | str:
    """Run a verb."""
    try:
        return options.function(options)
    except messages.BadMessage as error:
        return str(error)


def list_services(options: argparse.Namespace) -> int:
    """Print the services."""
    with graph.direct_node(options.spin_time) as node:
        found = sorted(
            (name, types)
            for name, types in node.get_service_names_and_types()
            if options.include_hidden_services or not graph.is_hidden(name)
        )
    if options.count_services:
        print(len(found))
        return 0
    for name, types in found:
        print(f"{name} [{', '.join(types)}]" if options.show_types else name)
    return 0


def call(options: argparse.Namespace) -> int | str:
    """Call a service and print its response."""
    if options.rate is not None and options.rate <= 0:
        return "rate must be greater than zero"
    kind = messages.interface(options.service_type, "srv")
    request = kind.Request()
    messages.fill(request, options.values)
    with graph.direct_node(0.0) as node:
        client = node.create_client(kind, graph.absolute(options.service_name))
        if not client.wait_for_service(timeout_sec=options.spin_time):
            print("waiting for service to become available...", flush=True)
            while not client.wait_for_service(timeout_sec=0.5):
                rclpy.spin_once(node, timeout_sec=0.0)
        while True:
            print(f"requester: making request: {request!r}\n", flush=True)
            start = time.monotonic()
            future = client.call_async(request)
            rclpy.spin_until_future_complete(node, future)
            if future.result() is None:
                return f"Exception while calling service: {future.exception()!r}"
            print(f"response:\n{future.result()!r}\n", flush=True)
            if options.rate is None:
                return 0
            time.sleep(max(0.0, start + 1.0 / options.rate - time.monotonic()))
