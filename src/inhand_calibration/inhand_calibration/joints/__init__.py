"""The joints: Hall tables from the factory and from markers on the fingertips."""
