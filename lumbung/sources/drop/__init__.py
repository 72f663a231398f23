"""Drop folders: files of departments, taken in, kept and read."""
