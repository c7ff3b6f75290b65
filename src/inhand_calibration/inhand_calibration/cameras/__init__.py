"""The cameras: the board, intrinsics, poses in the room, and their proof on rendered boards."""
