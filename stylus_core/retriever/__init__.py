"""From a library and a prompt to candidates."""
