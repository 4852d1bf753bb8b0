"""The commands of this part: `stylus eval`, `batch` and `study`."""
