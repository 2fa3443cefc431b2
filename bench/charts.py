"""Pictures of what the benches found: ``python -m bench.charts`` draws ``docs/cost.svg``."""

from pathlib import Path
from typing import Final

from bench import units
from bench.cost import Cost, costs

FOLDER: Final = Path(__file__).parents[1] / "docs"
WIDTH, LEFT, BAR, GAP = 720, 190, 26, 16
PARTS: Final = {
    "step_functions": ("Step Functions", "#4878a8"),
    "functions": ("Lambda", "#e49444"),
    "dynamodb": ("DynamoDB", "#6a9f58"),
    "rest": ("logs, objects", "#967662"),
}


def cost_chart(found: list[Cost]) -> str:
    """Return an SVG of dollars for a million creates, a bar for each way, cut by service."""
    scale = (WIDTH - LEFT - 90) / max(cost.total for cost in found)
    height = 60 + len(found) * (BAR + GAP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        "<title>Dollars for a million creates on AWS, by service</title>",
        "<style>text { font-size: 13px }</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for place, (name, colour) in enumerate(PARTS.values()):
        left = LEFT + place * 130
        lines.append(f'<rect x="{left}" y="14" width="12" height="12" fill="{colour}"/>')
        lines.append(f'<text x="{left + 18}" y="25">{name}</text>')
    for place, cost in enumerate(found):
        y, x = 44 + place * (BAR + GAP), float(LEFT)
        lines.append(f'<text x="{LEFT - 10}" y="{y + 18}" text-anchor="end">{cost.name}</text>')
        for part, (_, colour) in PARTS.items():
            width = getattr(cost, part) * scale
            lines.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>')
            x += width
        lines.append(f'<text x="{x + 8:.1f}" y="{y + 18}">${cost.total:,.2f}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


if __name__ == "__main__":
    (FOLDER / "cost.svg").write_text(cost_chart(costs(units.measured())), encoding="utf-8")
