"""What tests over several processes share."""
