"""`python -m vlit_hub` is `vlit-hub`."""

from vlit_hub.cli import main

main()
