"""The batched environment, physics and cameras."""
