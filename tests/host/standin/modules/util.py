opened = []


def open_folder(path):
    """Opens it in the file manager of the system."""
    opened.append(path)
