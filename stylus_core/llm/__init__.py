"""Any OpenAI-compatible chat endpoint: settings, one bounded call, what a server can do, answers kept on disk."""
