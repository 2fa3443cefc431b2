"""Draws the state machines: `python -m tools.diagram`.

Writes `docs/<name>.mmd` for each `statemachines/<name>.asl.json`, as Mermaid.
A picture stands in the README as well, between `<!-- <name>.mmd -->` and `<!-- /<name>.mmd -->`.
With `--check` nothing is written, and the exit code is 1 when anything would change.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

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


def embed(readme: str, name: str, mermaid: str) -> str:
    """Return a README with the picture between its markers; unchanged when it has none."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    block = f"{begin}\n```mermaid\n{mermaid}```\n{end}"
    return re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: block, readme, flags=re.DOTALL)


def pictures(root: Path) -> dict[Path, str]:
    """Return what the pictures' files, the README among them, should hold."""
    files: dict[Path, str] = {}
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else None
    for machine in sorted((root / "statemachines").glob("*.asl.json")):
        name = machine.name.replace(".asl.json", ".mmd")
        outcomes = OUTCOMES[name.removesuffix(".mmd")]
        mermaid = draw(json.loads(machine.read_text(encoding="utf-8")), outcomes)
        files[root / "docs" / name] = mermaid
        text = embed(text, name, mermaid) if text is not None else None
    return files if text is None else {**files, readme: text}


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write what has changed, or with `--check` only name it; return the exit code."""
    stale = {
        path: text
        for path, text in pictures(root).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    check = "--check" in arguments
    for path, text in stale.items():
        sys.stderr.write(f"{path.relative_to(root)}: {'out of date' if check else 'written'}\n")
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
