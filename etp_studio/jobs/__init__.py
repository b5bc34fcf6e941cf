"""Heavy work: child processes that are the headless command itself, their progress and their end."""
