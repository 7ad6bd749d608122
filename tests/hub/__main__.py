"""Run the local Hub by itself: `python -m tests.hub --port 8080 --token ada=hf_ada --org vlit_hub=ada`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from pathlib import Path

from tests.hub.server import Hub


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.hub", description="A local Hugging Face Hub for datasets.")
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1; 0 for any free one (8080)")
    parser.add_argument("--root", type=Path, help="folder for its state, kept (a new temporary one)")
    parser.add_argument(
        "--token", action="append", default=[], metavar="USER=TOKEN", help="a user and their write token"
    )
    parser.add_argument("--org", action="append", default=[], metavar="ORG=USER", help="an organisation and a member")
    parser.add_argument("--quiet", action="store_true", help="don't print the requests")
    arguments = parser.parse_args()
    root = arguments.root or Path(tempfile.mkdtemp(prefix="hub-"))
    hub = Hub(
        root, port=arguments.port, echo=None if arguments.quiet else lambda exchange: print(exchange, file=sys.stderr)
    )
    for pair in arguments.token or ["ada=hf_ada"]:
        user, _, value = pair.partition("=")
        hub.user(user)
        hub.accounts.issue(user, value=value)
    for pair in arguments.org or ["vlit_hub=ada"]:
        org, _, user = pair.partition("=")
        hub.user(user, {org: "write"})
    with hub:
        print(f"# State in {root}. In the client's shell:")
        print(f"export HF_ENDPOINT={hub.url} HF_HUB_DISABLE_XET=1 HF_UPDATE_DOWNLOAD_COUNTS=0 HF_TOKEN=...", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)


if __name__ == "__main__":
    main()
