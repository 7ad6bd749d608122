"""Models that indicators measure with: loaded here, and run in batches. Code that comes with a model is never run."""
