"""topic, node, service, param and bag against a node in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from mcap.reader import make_reader
from rosbags.highlevel import AnyReader

from ros2_lite import messages, topic_hz

PATIENCE_S = 90.0

TALKER = """
import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.executors import ExternalShutdownException
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from std_msgs.msg import String
from std_srvs.srv import SetBool
from tf2_msgs.msg import TFMessage

rclpy.init()
node = rclpy.create_node("talker", namespace="/robot")
node.declare_parameter("gain", 0.5)
pose = PoseStamped()
pose.header.frame_id = "world"
pose.pose.position.z = 2.5
poses = node.create_publisher(PoseStamped, "/pose", qos_profile_sensor_data)
latched = node.create_publisher(String, "/latched", QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
latched.publish(String(data="once"))
node.create_publisher(TFMessage, "/tf_static", 1)
count = 0
def tick():
    global count
    pose.pose.position.x = float(count)
    count += 1
    poses.publish(pose)
def answer(request, response):
    response.success, response.message = request.data, "answered"
    return response
node.create_timer(0.02, tick)
node.create_service(SetBool, "/enable", answer)
print("ready", flush=True)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, ExternalShutdownException):
    pass
"""


def ros2(*words: str, patience: float = PATIENCE_S) -> subprocess.CompletedProcess[str]:
    """Run `ros2 …` to its end."""
    return subprocess.run([sys.executable, "-m", "ros2_lite", *words], capture_output=True, text=True, timeout=patience)


def ros2_until(patterns: list[str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run `ros2 …`, which does not end by itself, until it has printed all of some patterns; then end it by SIGINT."""
    command = [sys.executable, "-m", "ros2_lite", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    timer = threading.Timer(PATIENCE_S, process.kill)
    timer.start()
    shown = ""
    while not all(re.search(pattern, shown) for pattern in patterns) and (line := process.stdout.readline()):
        shown += line
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    shown += process.communicate(timeout=PATIENCE_S)[0]
    timer.cancel()
    return subprocess.CompletedProcess(command, process.returncode, shown)


@pytest.fixture(scope="module")
def talker(ros_domain: int) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", TALKER], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    yield
    process.kill()
    process.wait()


def test_lists(talker):
    topics = ros2("topic", "list", "-t").stdout.splitlines()
    assert "/pose [geometry_msgs/msg/PoseStamped]" in topics and "/latched [std_msgs/msg/String]" in topics
    assert ros2("node", "list").stdout == "/robot/talker\n"
    assert "/enable [std_srvs/srv/SetBool]" in ros2("service", "list", "-t").stdout.splitlines()


def test_topic_info(talker):
    shown = ros2("topic", "info", "-v", "/pose").stdout
    for text in ("Type: geometry_msgs/msg/PoseStamped", "Publisher count: 1", "Node name: talker", "BEST_EFFORT"):
        assert text in shown
    shown = ros2("topic", "list", "-v").stdout
    published, subscribed = shown.split("Subscribed topics:")
    assert published.startswith("Published topics:\n") and "/pose" not in subscribed
    assert " * /pose [geometry_msgs/msg/PoseStamped] 1 publisher\n" in published
    missing = ros2("topic", "info", "--spin-time", "0.2", "/nothing")
    assert (missing.returncode, missing.stderr) == (1, "Unknown topic '/nothing'\n")


def test_echo_adapts_to_the_publishers_quality_of_service(talker):
    assert ros2("topic", "echo", "--once", "/latched").stdout == "data: once\n---\n"
    shown = ros2("topic", "echo", "--once", "pose").stdout
    assert "frame_id: world" in shown and "    z: 2.5" in shown and shown.endswith("---\n")
    assert ros2("topic", "echo", "--once", "--field", "pose.position.z", "/pose").stdout == "2.5\n---\n"
    assert (
        ros2("topic", "echo", "--once", "--csv", "--field", "pose.orientation", "/pose").stdout == "0.0,0.0,0.0,1.0\n"
    )
    filtered = ("--filter", "m.pose.position.x % 7 == 0", "--field", "pose.position.x")
    assert float(ros2("topic", "echo", "--once", *filtered, "/pose").stdout.splitlines()[0]) % 7 == 0
    assert "frame_id: '<string length: <5>>'" in ros2("topic", "echo", "--once", "--no-str", "/pose").stdout
    wrong = ros2("topic", "echo", "--filter", "m.nothing", "/pose")
    assert wrong.returncode == 1 and "nothing" in wrong.stderr and "Traceback" not in wrong.stderr


def test_hz(talker):
    done = ros2_until([r"average rate: \d+\.\d{3}\n\tmin: "], "topic", "hz", "/pose")
    assert "does not appear to be published" not in done.stdout
    assert done.returncode == signal.SIGINT, "as with the real one"


def test_rate_is_over_a_window_and_told_once():
    times = iter([10.0, 10.1, 10.3, 10.4])
    rate = topic_hz.Rate(window=2, now=lambda: next(times), wanted=lambda message: message is None)
    rate(None)
    rate("not wanted")
    assert rate.text() is None
    for _ in range(3):
        rate(None)
    text = "average rate: 6.667\n\tmin: 0.100s max: 0.200s std dev: 0.05000s window: 2"
    assert rate.text() == text
    assert rate.text() is None, "nothing new has arrived"


def test_pub_reaches_echo(talker):
    command = [sys.executable, "-m", "ros2_lite", "topic", "echo", "--once", "/words", "std_msgs/msg/String"]
    echo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    sent = ros2("topic", "pub", "-r", "10", "--times", "3", "/words", "std_msgs/msg/String", "data: hello")
    assert sent.stdout.count("publishing #") == 3 and "publishing #1: std_msgs.msg.String(data='hello')" in sent.stdout
    assert echo.communicate(timeout=PATIENCE_S)[0] == "data: hello\n---\n"


def test_pub_does_not_wait_for_ever(talker):
    words = ("--once", "--max-wait-time-secs", "0.3", "/nobody_hears", "std_msgs/msg/String")
    late = ros2("topic", "pub", *words)
    assert late.returncode == 1 and late.stderr.startswith("Timed out waiting for subscribers: Expected 1")


def test_without_a_verb_the_help_is_shown():
    for words in ((), ("topic",), ("bag",)):
        done = ros2(*words)
        assert done.returncode == 0 and done.stdout.startswith("usage: ros2"), words


def test_service_call(talker):
    answer = ros2("service", "call", "/enable", "std_srvs/srv/SetBool", "{data: true}")
    assert "response:\nstd_srvs.srv.SetBool_Response(success=True, message='answered')" in answer.stdout
    wrong = ros2("service", "call", "/enable", "std_srvs/srv/SetBool", "{dat: true}")
    assert wrong.returncode == 1 and "SetBool_Request.dat does not exist" in wrong.stderr
    assert "service type is invalid: std_srvs/srv/None" in ros2("service", "call", "/x", "std_srvs/srv/None").stderr


def test_parameters(talker):
    assert "  gain\n" in ros2("param", "list", "/robot/talker").stdout
    assert ros2("param", "get", "/robot/talker", "gain").stdout == "Double value is: 0.5\n"
    assert ros2("param", "set", "robot/talker", "gain", "0.75").stdout == "Set parameter successful\n"
    assert ros2("param", "get", "--hide-type", "/robot/talker", "gain").stdout == "0.75\n"
    refused = ros2("param", "set", "/robot/talker", "gain", "text")
    assert refused.returncode == 0 and refused.stderr.startswith("Setting parameter failed: "), "as with the real one"
    shown = ros2("param", "list", "--param-type", "--filter", "^ga", "/robot/talker").stdout
    assert shown == "  gain (type: double)\n"
    assert ros2("param", "get", "--spin-time", "0.2", "/nobody", "gain").stderr == "Node not found\n"


def test_a_bag_is_recorded_read_by_others_and_played(talker, other_domain, tmp_path):
    bag = tmp_path / "bag"
    subscribed = [f"Subscribed to topic '{topic}'" for topic in ("/pose", "/latched", "/tf_static")]
    recorded = ros2_until(subscribed, "bag", "record", "-a", "-x", "rosout|events", "-o", str(bag))
    assert recorded.returncode == 0, recorded.stdout
    with AnyReader([bag]) as reader:
        assert {c.topic: c.msgtype for c in reader.connections} == {
            "/pose": "geometry_msgs/msg/PoseStamped",
            "/latched": "std_msgs/msg/String",
            "/tf_static": "tf2_msgs/msg/TFMessage",
        }
        poses = [c for c in reader.connections if c.topic == "/pose"]
        xs = [reader.deserialize(data, c.msgtype).pose.position.x for c, _, data in reader.messages(poses)]
        stamps = [stamp for _, stamp, _ in reader.messages(poses)]
    assert len(xs) > 5 and [x - xs[0] for x in xs] == list(range(len(xs))), "every message, in order"
    assert stamps == sorted(stamps)
    (file,) = bag.glob("*.mcap")
    with file.open("rb") as stream:
        assert sum(1 for _, channel, _ in make_reader(stream).iter_messages() if channel.topic == "/pose") == len(xs)
    shown = ros2("bag", "info", str(bag)).stdout
    assert f"Topic: /pose | Type: geometry_msgs/msg/PoseStamped | Count: {len(xs)} |" in shown
    assert "Service:           0\nService information: \n" in shown and "ROS Distro:" in shown
    assert ros2("bag", "info", "-t", str(bag)).stdout == "/latched\n/pose\n/tf_static\n"
    echo = [sys.executable, "-m", "ros2_lite", "topic", "echo", "--once", "--field", "data", "/elsewhere"]
    environment = {**os.environ, "ROS_DOMAIN_ID": str(other_domain)}
    listener = subprocess.Popen([*echo, "std_msgs/msg/String"], env=environment, stdout=subprocess.PIPE, text=True)
    play = [sys.executable, "-m", "ros2_lite", "bag", "play", "-r", "2", str(bag)]
    player = subprocess.Popen([*play, "--loop", "--clock", "100", "-m", "latched:=/elsewhere"], env=environment)
    try:
        assert listener.communicate(timeout=PATIENCE_S)[0] == "once\n---\n", "under its new name"
        clock = subprocess.run(
            [*echo[:-3], "--field", "clock.sec", "/clock"], env=environment, capture_output=True, timeout=PATIENCE_S
        )
        assert abs(int(clock.stdout.split()[0]) - stamps[0] * 1e-9) < 60, "the bag's time"
    finally:
        player.send_signal(signal.SIGINT)
        assert player.wait(PATIENCE_S) == 0, "stopped in the middle of a loop, it ends quietly"
    short = [*play, "--playback-duration", "0.1", "-x", "latched"]
    assert subprocess.run(short, env=environment, timeout=PATIENCE_S).returncode == 0, "it ends by itself"


def test_bag_refuses_to_overwrite_and_to_read_what_is_no_bag(tmp_path):
    refused = ros2("bag", "record", "-a", "-o", str(tmp_path))
    assert refused.returncode == 1 and "exists already" in refused.stderr
    assert ros2("bag", "record").stderr == "Invalid choice: Must specify topics, --regex or --all\n"
    missing = ros2("bag", "info", str(tmp_path / "none"))
    assert missing.returncode == 1 and "none" in missing.stderr and "Traceback" not in missing.stderr


def test_run_becomes_the_executable(tmp_path, monkeypatch):
    marker = tmp_path / "share" / "ament_index" / "resource_index" / "packages" / "demo"
    program = tmp_path / "lib" / "demo" / "greet"
    for path in (marker, program):
        path.parent.mkdir(parents=True)
        path.touch()
    program.write_text('#!/bin/sh\necho "hello $1"; exit 7\n')
    program.chmod(0o755)
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path), prepend=":")
    ran = ros2("run", "demo", "greet", "Ada")
    assert (ran.returncode, ran.stdout) == (7, "hello Ada\n")
    assert ros2("run", "demo", "bow").stderr == "No executable found: package 'demo' has greet\n"
    assert "package 'nowhere' not found" in ros2("run", "nowhere", "greet").stderr


def test_fill_expands_headers_and_names_wrong_fields():
    from geometry_msgs.msg import PoseStamped
    from tf2_msgs.msg import TFMessage

    pose = PoseStamped()
    assert messages.fill(pose, "{header: auto, pose: {position: {x: 1}}}") == [pose.header.stamp]
    assert pose.pose.position.x == 1.0
    frames = TFMessage()
    messages.fill(frames, "transforms: [{child_frame_id: a}, {child_frame_id: b}]")
    assert [transform.child_frame_id for transform in frames.transforms] == ["a", "b"]
    with pytest.raises(messages.BadMessage, match=r"PoseStamped.pose.positon does not exist; .*position, orientation"):
        messages.fill(pose, "{pose: {positon: {x: 1}}}")
    with pytest.raises(messages.BadMessage, match=r"PoseStamped.pose.position.x \(double\) from 'a'"):
        messages.fill(pose, "{pose: {position: {x: a}}}")
    with pytest.raises(messages.BadMessage, match="dictionary"):
        messages.fill(pose, "7")


def test_long_arrays_are_cut_and_arrays_left_out():
    from std_msgs.msg import Float64MultiArray

    message = Float64MultiArray(data=[1.0, 2.0, 3.0])
    assert messages.as_plain(message, truncate=2)["data"] == [1.0, 2.0, "..."]
    assert messages.as_plain(message, arrays=False)["data"] == "<sequence type: sequence<double>, length: 3>"
