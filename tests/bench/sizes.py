"""What each function carries, unpacked: its own code and its layers (250 MB is Lambda's limit)."""

from pathlib import Path

import yaml
from rich.table import Table

BUILT = Path(".aws-sam/build")
LIMIT_MB = 250


def measure() -> Table:
    """Kilobytes of own code and megabytes with layers, from the last `sam build`."""
    table = Table(title="size, unpacked")
    for column in ("", "own", "with layers", "limit"):
        table.add_column(column, justify="left" if not column else "right")
    if not (BUILT / "template.yaml").exists():
        table.caption = "nothing is built yet: make deploy"
        return table
    resources = yaml.safe_load((BUILT / "template.yaml").read_text())["Resources"]
    shared = ["DeskhandLayer", "BaseLayer"]
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            table.add_row(name, _megabytes([name]), "", "")
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::Function":
            layers = shared + [layer["Ref"] for layer in resource["Properties"].get("Layers", [])]
            own = f"{_bytes(name) / 1e3:.1f} kB"
            table.add_row(name, own, _megabytes([name, *layers]), f"{LIMIT_MB} MB")
    return table


def _bytes(resource: str) -> int:
    return sum(file.stat().st_size for file in (BUILT / resource).rglob("*") if file.is_file())


def _megabytes(parts: list[str]) -> str:
    return f"{sum(map(_bytes, parts)) / 1e6:.1f} MB"
