"""`ros2 topic list | info | echo | hz | pub`."""

import argparse
import time

import rclpy
from rclpy.qos import QoSPresetProfiles
from rclpy.task import Future

from . import graph, messages, topic_hz

TRUNCATE = 128


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs and their arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="verb")
    verb = verbs.add_parser("list", help="Output a list of available topics")
    verb.add_argument("-t", "--show-types", action="store_true", help="Additionally show the topic type")
    verb.add_argument("-c", "--count-topics", action="store_true", help="Only display the number of topics")
    verb.add_argument("--include-hidden-topics", action="store_true", help="Consider hidden topics as well")
    verb.add_argument("-v", "--verbose", action="store_true", help="List full details about each topic")
    verb.set_defaults(function=list_topics)

    verb = verbs.add_parser("info", help="Print information about a topic")
    verb.add_argument("topic_name")
    verb.add_argument("-v", "--verbose", action="store_true", help="Also nodes, endpoints and QoS profiles")
    verb.set_defaults(function=info)

    verb = verbs.add_parser("echo", help="Output messages from a topic")
    verb.add_argument("topic_name")
    verb.add_argument("message_type", nargs="?", help="Type of the ROS message (e.g. 'std_msgs/msg/String')")
    verb.add_argument("--once", action="store_true", help="Print the first message received and then exit.")
    verb.add_argument("--timeout", type=float, metavar="N", help="Set a timeout in seconds for waiting")
    verb.add_argument("--field", help="Echo a selected field of a message, sub-fields after dots")
    verb.add_argument("-f", "--full-length", action="store_true", help="Output all elements of arrays and strings")
    verb.add_argument(
        "-l", "--truncate-length", type=int, default=TRUNCATE, help="Longest array (default: %(default)s)"
    )
    verb.add_argument("--no-arr", action="store_true", help="Don't print array fields of messages")
    verb.add_argument("--no-str", action="store_true", help="Don't print string fields of messages")
    verb.add_argument("--flow-style", action="store_true", help="Print collections in flow style")
    verb.add_argument("--csv", action="store_true", help="Output all recursive fields separated by commas")
    verb.add_argument("--filter", metavar="EXPR", help="Only print messages 'm' for which this Python expression holds")
    graph.add_qos(verb)
    verb.set_defaults(function=echo)

    verb = verbs.add_parser("hz", help="Print the average publishing rate to screen")
    topic_hz.add_arguments(verb)
    verb.set_defaults(function=topic_hz.hz)

    verb = verbs.add_parser("pub", help="Publish a message to a topic")
    verb.add_argument("topic_name")
    verb.add_argument("message_type", help="Type of the ROS message (e.g. 'std_msgs/msg/String')")
    verb.add_argument("values", nargs="?", default="{}", help="Values to fill the message with in YAML format")
    verb.add_argument("-r", "--rate", type=float, default=1.0, metavar="N", help="Rate in Hz (default: 1)")
    verb.add_argument("-p", "--print", type=int, default=1, metavar="N", help="Only print every N-th message")
    number = verb.add_mutually_exclusive_group()
    number.add_argument("-1", "--once", action="store_true", help="Publish one message and exit")
    number.add_argument("-t", "--times", type=int, default=0, help="Publish this number of times and then exit")
    verb.add_argument("-w", "--wait-matching-subscriptions", type=int, help="Wait for this many subscriptions")
    verb.add_argument("--max-wait-time-secs", type=float, metavar="N", help="Wait so long at most")
    verb.add_argument("-n", "--node-name", help="Name of the created publishing node")
    verb.add_argument("--keep-alive", type=float, default=0.1, metavar="N", help="Stay N seconds after the last one")
    graph.add_qos(verb)
    verb.set_defaults(function=pub)
    for verb in verbs.choices.values():
        graph.add_spin_time(verb)


def main(options: argparse.Namespace) -> int | str:
    """Run a verb."""
    try:
        return options.function(options)
    except messages.BadMessage as error:
        return str(error)


def list_topics(options: argparse.Namespace) -> int:
    """Print the topics."""
    with graph.direct_node(options.spin_time) as node:
        found = graph.topics(node, options.include_hidden_topics)
        counts = [(node.count_publishers(name), node.count_subscribers(name)) for name, _ in found]
    if options.count_topics:
        print(len(found))
        return 0
    if options.verbose:
        for end, (title, kind) in enumerate((("Published", "publisher"), ("Subscribed", "subscriber"))):
            print(f"{title} topics:")
            for (name, types), number in ((topic, count[end]) for topic, count in zip(found, counts, strict=True)):
                if number:
                    print(f" * {name} [{', '.join(types)}] {number} {kind}{'s' if number > 1 else ''}")
            print()
        return 0
    for name, types in found:
        print(f"{name} [{', '.join(types)}]" if options.show_types else name)
    return 0


def info(options: argparse.Namespace) -> int | str:
    """Print a topic's type and who publishes and subscribes."""
    name = graph.absolute(options.topic_name)
    with graph.direct_node(options.spin_time, graph.has_topic(name)) as node:
        types = dict(graph.topics(node, hidden=True)).get(name)
        if types is None:
            return f"Unknown topic '{name}'"
        end = "\n\n" if options.verbose else "\n"
        print(f"Type: {types[0] if len(types) == 1 else types}", end=end)
        print(f"Publisher count: {node.count_publishers(name)}", end=end)
        for endpoint in node.get_publishers_info_by_topic(name) if options.verbose else ():
            print(endpoint, end=end)
        print(f"Subscription count: {node.count_subscribers(name)}", end=end)
        for endpoint in node.get_subscriptions_info_by_topic(name) if options.verbose else ():
            print(endpoint, end=end)
    return 0


def echo(options: argparse.Namespace) -> int | str:
    """Print a topic's messages as YAML, each ended by ---."""
    name = graph.absolute(options.topic_name)
    truncate = None if options.full_length else options.truncate_length
    done: Future = Future()

    def show(message: object) -> None:
        try:
            if options.filter and not eval(options.filter, {}, {"m": message}):
                return
            for field in filter(None, (options.field or "").split(".")):
                message = getattr(message, field)
        except Exception as error:  # whatever the user's own expression raises
            done.set_exception(messages.BadMessage(f"Invalid field '{options.field}' or filter: {error}"))
            return
        if options.csv:
            print(messages.as_csv(message, truncate, not options.no_arr, not options.no_str), flush=True)
        else:
            text = messages.as_yaml(message, truncate, not options.no_arr, not options.no_str, flow=options.flow_style)
            print(text, end="---\n", flush=True)
        if options.once and not done.done():
            done.set_result(None)

    with graph.direct_node(options.spin_time, graph.has_topic(name), use_sim_time=options.use_sim_time) as node:
        kind = graph.message_class(node, name, options.message_type)
        if kind is None:
            print(f"WARNING: topic [{name}] does not appear to be published yet")
            return "Could not determine the type for the passed topic"
        qos = graph.overridden(graph.matching_qos(node.get_publishers_info_by_topic(name), depth=10), options)
        node.create_subscription(kind, name, show, qos)
        rclpy.spin_until_future_complete(node, done, timeout_sec=options.timeout)
        if done.done() and done.exception():
            raise done.exception()
    return 0


def pub(options: argparse.Namespace) -> int | str:
    """Publish a message once, some times, or at a rate until stopped."""
    if options.rate <= 0:
        return "rate must be greater than zero"
    kind = messages.interface(options.message_type, "msg")
    message = kind()
    stamps = messages.fill(message, options.values)
    times = 1 if options.once else options.times
    wanted = options.wait_matching_subscriptions
    wanted = (1 if times else 0) if wanted is None else wanted
    with graph.direct_node(0.0, name=options.node_name, use_sim_time=options.use_sim_time) as node:
        qos = graph.overridden(QoSPresetProfiles.get_from_short_key("default"), options)
        publisher = node.create_publisher(kind, graph.absolute(options.topic_name), qos)
        if not _wait_for_subscriptions(node, publisher, wanted, options.max_wait_time_secs):
            return f"Timed out waiting for subscribers: Expected {wanted} subscribers but only got " + str(
                publisher.get_subscription_count()
            )
        print("publisher: beginning loop")
        count, due = 0, time.monotonic()
        while times == 0 or count < times:
            now = node.get_clock().now().to_msg()
            for stamp in stamps:
                stamp.sec, stamp.nanosec = now.sec, now.nanosec
            count += 1
            if options.print and count % options.print == 0:
                print(f"publishing #{count}: {message!r}\n", flush=True)
            publisher.publish(message)
            due += 1.0 / options.rate
            while times != 1 and (left := due - time.monotonic()) > 0:
                rclpy.spin_once(node, timeout_sec=left)
        time.sleep(options.keep_alive)
    return 0


def _wait_for_subscriptions(
    node: rclpy.node.Node, publisher: rclpy.publisher.Publisher, wanted: int, longest: float | None
) -> bool:
    """Wait for subscriptions; False when they have not come within `longest` seconds (None: for ever)."""
    start, told = time.monotonic(), float("-inf")
    while publisher.get_subscription_count() < wanted:
        if time.monotonic() - told >= 1.0:
            print(f"Waiting for at least {wanted} matching subscription(s)...", flush=True)
            told = time.monotonic()
        if longest is not None and time.monotonic() - start > longest:
            return False
        rclpy.spin_once(node, timeout_sec=0.1)
    return True
