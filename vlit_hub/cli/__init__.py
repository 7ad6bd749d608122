"""The command line: one module a command.

Each module has one function of the command's name; what takes long to import is imported in its body, so that `--help`
answers at once.
"""

from __future__ import annotations

import errno
import sys

import typer

from vlit_hub import plugin_manager
from vlit_hub.cli.balance import balance
from vlit_hub.cli.build import build
from vlit_hub.cli.card import card
from vlit_hub.cli.catalog import catalog
from vlit_hub.cli.compare import compare
from vlit_hub.cli.correlate import correlate
from vlit_hub.cli.export import export
from vlit_hub.cli.filter import filter
from vlit_hub.cli.import_ import import_
from vlit_hub.cli.info import info
from vlit_hub.cli.new_plugin import new_plugin
from vlit_hub.cli.plugins import plugins
from vlit_hub.cli.push import push
from vlit_hub.cli.sample import sample
from vlit_hub.cli.score import score
from vlit_hub.cli.show import show
from vlit_hub.errors import VlitHubError

__all__ = ["app", "main"]

app = typer.Typer(
    name="vlit-hub",
    help="Image annotations into vision-language instruction data: build it, look at it, publish it.",
    epilog="Start with: vlit-hub sample data/   then: vlit-hub build coco_aa --data-dir data/",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for _command in (
    sample,
    build,
    import_,
    show,
    info,
    score,
    filter,
    balance,
    compare,
    correlate,
    card,
    push,
    export,
    catalog,
    plugins,
    new_plugin,
):
    app.command(_command.__name__.rstrip("_").replace("_", "-"))(_command)


_INTERRUPTED = 130


def main() -> None:
    """Run the command line; what a user can mend is one line on standard error, without a traceback."""
    try:
        plugin_manager.register_commands(app)
        app()
    except VlitHubError as error:
        _leave(str(error), error.exit_code)
    except (KeyboardInterrupt, SystemExit) as stop:
        if isinstance(stop, SystemExit) and stop.code != _INTERRUPTED:  # Typer's word for Ctrl-C
            raise
        _leave("stopped; what was finished is kept, and the same command goes on from there.", _INTERRUPTED)
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        _leave(f"{error.filename or 'a file'}: {error.strerror or error}.", 1)  # Polars gives words alone


def _leave(message: str, code: int) -> None:
    print(f"vlit-hub: {message}", file=sys.stderr)
    raise SystemExit(code)
