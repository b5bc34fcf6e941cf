"""What the networks see of a video: pictures, backbone features, their cache and pyramid."""
