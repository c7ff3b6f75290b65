"""Estimators alone, and in the whole graph."""
