"""What base models there are, and what tells them apart."""
