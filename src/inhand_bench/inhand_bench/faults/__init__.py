"""The fault campaign: the running simulated system is attacked and broken, one case after another."""
