from tests.cli.conftest import built, sample

__all__ = ["built", "sample"]
