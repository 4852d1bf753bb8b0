"""Pictures of many prompts, each with and without Stylus, made by one WebUI or several through their API."""
