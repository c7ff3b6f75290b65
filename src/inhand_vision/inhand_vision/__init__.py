"""The object's pose from camera images: image pipeline, network and estimator."""
