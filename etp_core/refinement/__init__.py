"""Stage 2: video units and the network that moves a proposal's boundaries."""
