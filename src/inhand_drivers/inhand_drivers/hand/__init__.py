"""The Shadow hand on EtherCAT, and a slave that stands in for it."""
