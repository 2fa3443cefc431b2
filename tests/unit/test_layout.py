"""The README's layout is the checkout's."""

from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
MADE = ("node_modules", "cdk.out")


def test_the_layout_names_every_folder_and_no_other():
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    layout = readme.partition("## Layout\n\n")[2].partition("\n\n")[0]
    named = {word.rstrip("/") for line in layout.splitlines() for word in line[4:].split("  ")[0].split()}
    files = (*CHECKOUT.glob("*/*.*"), *CHECKOUT.glob("lambdas/*/*.py"))
    folders = {str(file.parent.relative_to(CHECKOUT)) for file in files if file.is_file()}
    assert {name for name in named if "." not in name} == {
        # The folder of the functions is named by its parts.
        name
        for name in folders - {"lambdas"}
        if not name.startswith((".", *MADE))
    }
