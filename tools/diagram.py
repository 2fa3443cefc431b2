"""Draws each ``statemachines/<name>.asl.json`` into ``docs/<name>.mmd``: ``python -m tools.diagram``."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from tools.generated import write_or_check

ROOT = Path(__file__).parents[1]

OUTCOMES = {"user_change": ("APPLIED", "REJECTED"), "import_users": ("REPORTED", "REFUSED")}
"""What a machine answers when nothing was caught, and when something was."""


def draw(definition: dict[str, Any], outcomes: tuple[str, str] = OUTCOMES["user_change"]) -> str:
    """Draw a state machine as a Mermaid flowchart.

    Args:
        definition: Amazon States Language with Task states, Maps over Task states, and a TimeoutSeconds.
        outcomes: what it answers when nothing was caught, and when something was.

    Raises:
        ValueError: a state is of another type; a picture without its ways on would be wrong.
    """
    states: dict[str, dict[str, Any]] = definition["States"]
    decided = _before_any_catch(definition)
    lines = ["flowchart TD", f"    start([start]) --> {definition['StartAt']}", "    subgraph machine [ ]"]
    for name, state in states.items():
        lines += _drawn(name, state)
        if "Next" in state:
            lines.append(f"    {name} --> {state['Next']}")
        lines += [
            f'    {name} -. "{", ".join(catcher["ErrorEquals"])}" .-> {catcher["Next"]}'
            for catcher in state.get("Catch", [])
        ]
    lines.append("    end")
    for name, state in states.items():
        if state.get("End"):
            outcome = outcomes[0] if name in decided else outcomes[1]
            lines.append(f"    {name} --> {outcome}([succeeded: {outcome}])")
    fault = f"any other error, retries used up or {definition['TimeoutSeconds']} s over"
    lines.append(f'    machine -. "{fault}" .-> FAILED([failed: alarm])')
    return "\n".join(lines) + "\n"


def _drawn(name: str, state: dict[str, Any]) -> list[str]:
    if state["Type"] == "Task":
        return [f'    {name}["{_box(name, state)}"]']
    if state["Type"] != "Map":
        raise ValueError(f"{name} is a {state['Type']}: teach tools/diagram.py to draw it")
    lines = [f'    subgraph {name} ["{name}: for each chunk, up to {state["MaxConcurrency"]} at once"]']
    for inner, task in state["ItemProcessor"]["States"].items():
        lines += _drawn(inner, task)
        if "Next" in task:
            lines.append(f"    {inner} --> {task['Next']}")
    return [*lines, "    end"]


def _before_any_catch(definition: dict[str, Any]) -> set[str]:
    """Return the states on the way on which nothing is caught: the way of a change that is applied."""
    name, found = definition["StartAt"], set()
    while name and name not in found:
        found.add(name)
        name = definition["States"][name].get("Next")
    return found


def _box(name: str, state: dict[str, Any]) -> str:
    comment = re.split(r"(?<=[.;])\s", state.get("Comment", ""))[0].rstrip(".;").replace('"', "#quot;")
    retries = [
        f"{retrier['MaxAttempts']} retries, at most {retrier['MaxDelaySeconds']} s apart"
        for retrier in state.get("Retry", [])
    ]
    return "<br>".join([f"<b>{name}</b>", *([comment] if comment else []), *(f"<i>{r}</i>" for r in retries)])


def pictures(root: Path) -> dict[Path, str]:
    """Return each picture's file and what must stand in it."""
    files = {}
    for machine in sorted((root / "statemachines").glob("*.asl.json")):
        name = machine.name.removesuffix(".asl.json")
        definition = json.loads(machine.read_text(encoding="utf-8"))
        files[root / "docs" / f"{name}.mmd"] = draw(definition, OUTCOMES[name])
    return files


if __name__ == "__main__":
    sys.exit(write_or_check(pictures(ROOT), sys.argv[1:]))
