"""An EtherCAT slave that stands in for the hand: frames in, frames out; its registers, EEPROM, motors."""
