"""Learning, rendering and training steps."""
