"""An OWL server without cameras: frames from the simulator, a bag or a script, to real clients."""
