"""The viewer page: files of the person."""
