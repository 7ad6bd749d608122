"""The short way to write a strategy: a function of one image's annotations."""
