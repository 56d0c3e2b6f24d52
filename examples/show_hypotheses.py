"""List the hypotheses of a Convert project, the best score first.

    python examples/show_hypotheses.py [PROJECT_ID]

Without an identifier, it takes the first project. It reads CONVERT_APPLICATION_ID and CONVERT_SECRET_KEY, and
CONVERT_BASE_URL for a server other than the vendor's.
"""

from __future__ import annotations

import argparse
import sys

from abwire import errors
from abwire.convert_v1 import Convert
from rich.console import Console
from rich.markup import escape
from rich.table import Table

MOST = 10

console = Console()


def main() -> int:
    """Run the example; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python examples/show_hypotheses.py", description="List the hypotheses of a Convert project by score."
    )
    parser.add_argument("project", metavar="PROJECT_ID", nargs="?", help="default: the first project")
    project = parser.parse_args().project
    try:
        with Convert.from_env() as convert:
            if project is None:
                project = next(iter(convert.projects.list())).id
            hypotheses = convert.hypotheses.list(str(project)).to_list()
    except StopIteration:
        console.print("There is no project.")
        return 1
    except (errors.AbwireError, ValueError) as error:
        console.print(f"[red]{type(error).__name__}[/red]: {escape(str(error))}")
        return 1
    except KeyboardInterrupt:
        return 130
    table = Table(title=f"Project {project}: {min(MOST, len(hypotheses))} of {len(hypotheses)} hypotheses, by score")
    table.add_column("score", justify="right")
    table.add_column("hypothesis")
    table.add_column("status")
    scored = sorted(hypotheses, key=lambda hypothesis: -(hypothesis.prioritization_score or 0.0))
    for hypothesis in scored[:MOST]:
        table.add_row(
            f"{hypothesis.prioritization_score or 0.0:.1f}", hypothesis.name or "", str(hypothesis.status or "")
        )
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
