"""Small SVG plots of results, drawn by matplotlib of the environment `bench`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def bars(name: str, title: str, body: Mapping[str, Any], peers: Path) -> None:
    """One bar per contestant: median seconds, with the range."""
    _draw("bars", name, {"title": title, "seconds": body["seconds"], "titles": body["titles"]}, peers)


def lines(name: str, title: str, curves: Mapping[str, Mapping[str, float]], peers: Path) -> None:
    """One line per contestant over the number of rules."""
    _draw("lines", name, {"title": title, "curves": curves}, peers)


def _draw(kind: str, name: str, what: Mapping[str, Any], peers: Path) -> None:
    command = [str(peers), "-m", "benchmarks.plot", kind, str(RESULTS / f"{name}.svg")]
    subprocess.run(command, input=json.dumps(what), text=True, check=True, cwd=RESULTS.parents[1])


def main() -> None:
    """Draw what comes on stdin."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "lumbung", "font.size": 9, "svg.fonttype": "none"})
    from matplotlib import pyplot

    kind, path = sys.argv[1], sys.argv[2]
    what = json.load(sys.stdin)
    figure, axes = pyplot.subplots(figsize=(8, 0.5 + 0.42 * len(what.get("seconds", range(7)))))
    if kind == "bars":
        shown = {key: value for key, value in what["seconds"].items() if value}
        names = sorted(shown, key=lambda key: shown[key]["median"], reverse=True)
        medians = [shown[key]["median"] for key in names]
        below = [shown[key]["median"] - shown[key]["low"] for key in names]
        above = [shown[key]["high"] - shown[key]["median"] for key in names]
        colours = ["#b5651d" if key.startswith("ours") else "#8a8a8a" for key in names]
        axes.barh([what["titles"][key] for key in names], medians, xerr=[below, above], color=colours, capsize=3)
        axes.set_xlabel("seconds, median and range; less is better")
    else:
        for key, points in what["curves"].items():
            counts = sorted(points, key=int)
            style = "o-" if key.startswith("ours") else "s--"
            axes.plot([int(c) for c in counts], [points[c] for c in counts], style, label=key, markersize=4)
        axes.set_xlabel("rules")
        axes.set_ylabel("seconds, median")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
    axes.set_title(what["title"], loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})


if __name__ == "__main__":
    main()
