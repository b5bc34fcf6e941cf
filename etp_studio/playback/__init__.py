"""Showing the video: a clock, a decoder thread, and a picture that says which frame it is."""
