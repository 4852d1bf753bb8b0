import os

script_path = os.environ.get("STANDIN_DATA", "/nonexistent")
data_path = script_path
