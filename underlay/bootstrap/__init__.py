"""The parts of underlay/setup; standard library only."""
