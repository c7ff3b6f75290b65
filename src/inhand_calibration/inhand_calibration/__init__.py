"""Calibration of the hand: Hall tables, model parameters, cameras (paper, appendices B and C.3)."""
