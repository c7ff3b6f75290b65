"""Two hosts on one machine: network namespaces joined by a wire that delays and loses what it carries."""
