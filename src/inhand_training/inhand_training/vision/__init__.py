"""Training of pose estimators on rendered images and on datasets."""
