"""The paper's evaluation on anybody's WebUI: `stylus study run STUDY.toml`."""
