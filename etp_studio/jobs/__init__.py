"""Heavy work: the headless command as a child process, its progress and its end."""
