"""Studies: policies trained under several conditions within one budget, measured alike, with JSON and plot."""
