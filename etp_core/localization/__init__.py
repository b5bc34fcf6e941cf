"""Stage 3: the network that names, judges and regresses refined proposals."""
