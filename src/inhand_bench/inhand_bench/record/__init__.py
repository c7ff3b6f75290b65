"""Whether the recorder keeps every message."""
