"""The command line `inhand`, and the launch files, settings and models that this package installs."""
