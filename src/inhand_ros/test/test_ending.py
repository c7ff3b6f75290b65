"""Processes that are told to end, each stuck in another way. Nothing here is timed but by a test's limit."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import pytest

LIMIT_S = 120.0
HEAD = """
import ctypes, os, signal, sys, threading, time
from inhand_ros.ending import Ending, leave

def deadlock(library):
    mutex = ctypes.create_string_buffer(64)
    library.pthread_mutex_lock(mutex)
    library.pthread_mutex_lock(mutex)  # for ever; a signal does not interrupt it

def ready():
    print("ready", flush=True)
"""


def start(program: str) -> subprocess.Popen:
    """The program, once it has said that it is ready."""
    code = HEAD + textwrap.dedent(program)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n", process.communicate(timeout=LIMIT_S)[1]
    return process


def end(process: subprocess.Popen) -> tuple[int, str, str]:
    """Exit code and output of a process that ends by itself."""
    try:
        out, err = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_whose_main_thread_waits_in_c_shows_where_and_ends(number: signal.Signals) -> None:
    process = start("""
        ending = Ending(0.3)
        ready()
        deadlock(ctypes.CDLL(None))
    """)
    process.send_signal(number)
    code, _, err = end(process)
    assert code == 1
    assert "Timeout" in err and "in deadlock" in err


def test_a_process_that_gets_stuck_with_the_interpreters_lock_while_it_ends_ends() -> None:
    process = start("""
        ending = Ending(0.3)
        ready()
        while not ending.asked:
            time.sleep(0.01)
        deadlock(ctypes.PyDLL(None))  # no other thread runs Python from here on
    """)
    process.send_signal(signal.SIGINT)
    code, _, err = end(process)
    assert code == 1
    assert "Timeout" in err and "in deadlock" in err


def test_a_signal_interrupts_building_alone() -> None:
    process = start("""
        from inhand_ros.ending import Interrupted
        ending = Ending(60.0)
        try:
            with ending.building():
                ready()
                while True:
                    time.sleep(0.01)
        except Interrupted:
            print("interrupted", flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
        print(ending.asked)
        leave(5)
    """)
    process.send_signal(signal.SIGINT)
    assert end(process)[:2] == (5, "interrupted\nTrue\n")


def test_a_signal_before_building_is_not_forgotten() -> None:
    process = start("""
        from inhand_ros.ending import Interrupted
        ending = Ending(60.0)
        ready()
        while not ending.asked:
            time.sleep(0.01)
        try:
            with ending.building():
                print("built", flush=True)
        except Interrupted:
            leave(6)
    """)
    process.send_signal(signal.SIGTERM)
    assert end(process)[:2] == (6, "")


def test_what_is_to_be_called_is_called_though_the_main_thread_waits_in_c() -> None:
    process = start("""
        ending = Ending(60.0)
        ending.call(lambda: leave(7))
        ready()
        deadlock(ctypes.CDLL(None))
    """)
    process.send_signal(signal.SIGINT)
    assert end(process)[0] == 7


def test_who_has_something_to_bring_to_disk_gets_the_time() -> None:
    process = start("""
        ending = Ending(None)
        ready()
        while not ending.asked:
            time.sleep(0.01)
        time.sleep(1.0)
        print("on disk", flush=True)
        ending.set_limit(0.3)
        ending.set_limit(600.0)  # the first counts
        deadlock(ctypes.PyDLL(None))
    """)
    process.send_signal(signal.SIGTERM)
    code, out, err = end(process)
    assert (code, out) == (1, "on disk\n")
    assert "Timeout" in err


def test_a_signal_to_a_child_does_not_end_its_parent() -> None:
    process = start("""
        ending = Ending(0.3)
        if not (child := os.fork()):
            signal.signal(signal.SIGTERM, lambda *_: None)
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(0)
        os.waitpid(child, 0)
        ready()
        time.sleep(1.5)
        print("asked" if ending.asked else "not asked")
        leave(3)
    """)
    assert end(process)[:2] == (3, "not asked\n")


def test_leaving_runs_exit_handlers_flushes_and_waits_for_no_thread() -> None:
    process = start("""
        import atexit
        ready()
        atexit.register(lambda: print("exit handler"))
        threading.Thread(target=time.sleep, args=(3600,)).start()
        print("last words", end=" ")
        leave(4)
    """)
    assert end(process)[:2] == (4, "last words exit handler\n")


@pytest.mark.parametrize(("folder", "quiet"), [("lib", True), ("bin", False)])
def test_until_its_node_is_built_a_ros_executable_ends_quietly(tmp_path, folder, quiet) -> None:
    program = tmp_path / folder / "package" / "node"
    program.parent.mkdir(parents=True)
    program.write_text("import time\nimport inhand_ros\nprint('ready', flush=True)\ntime.sleep(3600)\n")
    command = [sys.executable, str(program)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    found, _, err = end(process)
    assert found == -signal.SIGINT
    assert ("KeyboardInterrupt" not in err) == quiet


@pytest.mark.parametrize(("given", "code", "said"), [("", 0, ""), ("3", 3, ""), ("'error: why'", 1, "error: why\n")])
def test_a_node_that_ends_by_itself_brings_to_disk_what_it_has_and_gives_its_code(given, code, said) -> None:
    process = start(f"""
        from inhand_ros import run_node
        from rclpy.node import Node

        class Short(Node):
            def __init__(self):
                super().__init__("short")
                self.create_timer(0.01, lambda: sys.exit({given}))

            def finish(self):
                print("finished", flush=True)
                return 0

        ready()
        run_node(Short)
    """)
    assert end(process) == (code, "finished\n", said)


def test_a_node_runs_until_the_signal_and_others_beside_it() -> None:
    process = start("""
        from inhand_ros import run_node
        from rclpy.node import Node

        class Counting(Node):
            def __init__(self):
                super().__init__("counting")
                self.ticks = 0
                self.create_timer(0.01, self.tick)

            def tick(self):
                self.ticks += 1
                if self.ticks == 1:
                    ready()

            def finish(self):
                print("ticked", flush=True)
                return 0

        run_node(lambda: Node("idle"), Counting)
    """)
    process.send_signal(signal.SIGTERM)
    assert end(process) == (0, "ticked\n", "")
