"""The soak: the running simulated system over a long time, and what grows in it."""
