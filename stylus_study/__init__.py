"""Evidence: how good selections are, measured without pictures, and with pictures of any WebUI."""
