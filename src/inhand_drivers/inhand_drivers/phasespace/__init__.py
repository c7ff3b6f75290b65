"""PhaseSpace motion capture: wire format, client, clock, driver, and a server that stands in for the device."""
