"""`make dashboards`: writes each dashboard as the JSON that Grafana imports."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from observe import desk, models, service_level, workflow
from observe.panels import dashboard

FOLDER = Path(__file__).parent / "dashboards"
BOARDS = (service_level.BOARD, workflow.BOARD, models.BOARD, desk.BOARD)


def files() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {
        f"{board.uid}.json": json.dumps(dashboard(board), cls=JSONEncoder, indent=2, sort_keys=True)
        + "\n"
        for board in BOARDS
    }


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text)
