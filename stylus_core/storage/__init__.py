"""How state is kept on disk: written whole, checked when it is read, and made anew where it was damaged."""
