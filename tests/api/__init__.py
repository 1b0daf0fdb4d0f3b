"""The HTTP edge, driven as clients drive it."""
