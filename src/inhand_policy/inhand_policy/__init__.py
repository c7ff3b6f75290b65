"""Tracker, goals, policy and smoother: the components between the sensors and the controller."""
