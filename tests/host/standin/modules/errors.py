"""What hooks raise is caught by the host; here it is kept, so that a test can look."""

import traceback

reported: list[str] = []


def report(message, *, exc_info=False):
    reported.append(f"{message}\n{traceback.format_exc()}" if exc_info else message)
