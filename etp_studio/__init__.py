"""The window of ETP Studio: how proposals evolve, and ground truth corrected to the frame.

Nothing here imports torch or OpenCV: the engine runs in child processes.
"""
