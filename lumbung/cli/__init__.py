"""The command line, `bin/lumbung`: see each command's `--help` for an example."""
