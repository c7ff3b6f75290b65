"""Bags become datasets: camera triplets with object poses."""
