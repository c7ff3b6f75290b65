"""The simulator: parameters of joints and motors by replaying recordings (paper, appendix C.3)."""
