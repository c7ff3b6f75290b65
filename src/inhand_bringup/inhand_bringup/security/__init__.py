"""DDS security (SROS 2) for the graph: identities, permissions and their signatures, made by one command."""
