"""The sample library: written for the demo and the tests."""
