"""What a person sees: the web page (viser), the transforms and the markers for RViz."""
