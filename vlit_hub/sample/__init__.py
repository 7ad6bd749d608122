"""Synthetic images with annotations that are true of them, in the official formats: for demos, tests and benchmarks."""

from vlit_hub.sample.writer import SampleResult, write_sample

__all__ = ["SampleResult", "write_sample"]
