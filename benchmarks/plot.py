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


def stacks(name: str, title: str, parts: Mapping[str, Mapping[str, float]], peers: Path) -> None:
    """One bar per row, put together from its parts in seconds."""
    _draw("stacks", name, {"title": title, "parts": parts}, peers)


def _draw(kind: str, name: str, what: Mapping[str, Any], peers: Path) -> None:
    command = [str(peers), "-m", "benchmarks.plot", kind, str(RESULTS / f"{name}.svg")]
    subprocess.run(command, input=json.dumps(what), text=True, check=True, cwd=RESULTS.parents[1])


def _stack(axes: Any, parts: Mapping[str, Mapping[str, float]]) -> None:
    rows = list(reversed(parts))
    names = list(dict.fromkeys(name for row in parts.values() for name in row))
    start = [0.0] * len(rows)
    for number, name in enumerate(names):
        seconds = [parts[row].get(name, 0.0) for row in rows]
        shade = "#d9d9d9" if name == "between" else _shade(number, len(names))
        axes.barh(rows, seconds, left=start, color=shade, label=name)
        start = [a + b for a, b in zip(start, seconds, strict=True)]
    axes.set_xlabel("seconds")
    axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.12))


def _shade(number: int, of: int) -> Any:
    """A shade of brown per part, dark to light."""
    from matplotlib import colormaps

    return colormaps["YlOrBr"](0.95 - 0.7 * number / of)


def of_results(peers: Path) -> None:
    """The plots of the benchmarks that run without the environment `bench`, from their result files."""
    task = json.loads((RESULTS / "b3_task.json").read_text(encoding="utf-8"))
    bars("b3_task", "Until a task's Spark has answered", task, peers)
    night = json.loads((RESULTS / "b5_night.json").read_text(encoding="utf-8"))
    nights = {
        f"round {number}": {"stages": pair["direct_s"], "scheduling": pair["airflow_s"] - pair["direct_s"]}
        for number, pair in enumerate(night["nights"], 1)
    }
    stacks("b5_night", f"A night of {night['job']['systems']} sources", nights, peers)
    for path in sorted(RESULTS.glob("b7_full_*.json")):
        body = json.loads(path.read_text(encoding="utf-8"))
        steps = {
            step["step"]: {**step["stages_s"], "between": max(0.0, step["wall_s"] - sum(step["stages_s"].values()))}
            for step in body["steps"]
        }
        stacks(path.stem, f"Both systems at scale {body['scale']:g}", steps, peers)


def main() -> None:
    """Draw what comes on stdin."""
    if len(sys.argv) == 1:  # python -m benchmarks.plot, in the environment that has matplotlib
        of_results(Path(sys.executable))
        return
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "lumbung", "font.size": 9, "svg.fonttype": "none"})
    from matplotlib import pyplot

    kind, path = sys.argv[1], sys.argv[2]
    what = json.load(sys.stdin)
    figure, axes = pyplot.subplots(figsize=(8, 0.5 + 0.42 * len(what.get("seconds", what.get("parts", range(7))))))
    if kind == "stacks":
        _stack(axes, what["parts"])
    elif kind == "bars":
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
