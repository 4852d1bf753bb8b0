"""People as the judges of a study's pictures, on a page of this machine."""
