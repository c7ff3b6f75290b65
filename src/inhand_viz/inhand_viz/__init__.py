"""What every viewer shows: frames and meshes of the hand, shapes of objects, states of markers; and /tf for RViz."""
