"""The Shadow Dexterous Hand on EtherCAT: layout of its frames, the driver, and a slave that stands in for the hand."""
