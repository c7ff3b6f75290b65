"""What the page costs the graph, and how a browser draws it."""
