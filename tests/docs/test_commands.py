"""The commands are documented, all of them, and what is documented are commands."""

import re
import shlex
import subprocess
from collections.abc import Iterator

import pytest
import typer

from registrar_client.command import app
from tests.checkout_copy import CHECKOUT
from tests.docs.conftest import no

REGISTRAR = typer.main.get_command(app)
HELP = ("--help", "--install-completion", "--show-completion")


def commands(group=REGISTRAR, path=(), *, groups: bool = False) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield the commands, or the groups of commands, by their paths."""
    for name, command in group.commands.items():
        inner = hasattr(command, "commands")
        if inner:
            yield from commands(command, (*path, name), groups=groups)
        if inner == groups:
            yield (*path, name), command


def words_of(text: str) -> Iterator[list[str]]:
    """Yield the words of each command in lines of shell: what begins anew behind a pipe or a bracket."""
    for line in text.replace("\\\n", " ").split("\n"):
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        command: list[str] = []
        try:
            for word in lexer:
                if set(word) <= set("();|&"):
                    yield command
                    command = []
                else:
                    command.append(word)
        except ValueError:
            # An apostrophe of the prose, or a quotation over several lines.
            command = line.split()
        yield command
        for inner in re.findall(r"\$\(([^()]+)\)", line):
            yield inner.split()


def called(words: list[str]) -> tuple[tuple[str, ...], list[str]] | None:
    """Return the path of the command of `registrar` that words call, and its options; None for others."""
    while words and ("=" in words[0].split("/")[0] or words[0] in {"$", "time", "!"}):
        words = words[1:]
    if not words or words[0].rsplit("/")[-1] != "registrar":
        return None
    path, group, options = (), REGISTRAR, []
    rest = iter(words[1:])
    for word in rest:
        if re.fullmatch(r"-[a-zA-Z]|--[a-z][\w-]*(=.*)?", word):
            options.append(word.partition("=")[0])
            if "=" not in word and takes_a_value(group, word):
                next(rest, None)
        elif hasattr(group, "commands"):
            # A word that is no command stays, so that whoever asks misses it.
            path, group = (*path, word), group.commands.get(word)
    return path, options


def takes_a_value(command, option: str) -> bool:
    """Tell whether the word behind an option is its own; a group's options come behind its commands, too."""
    params = [param for each in (command, REGISTRAR) if each is not None for param in each.params]
    return any(option in param.opts and not getattr(param, "is_flag", False) for param in params)


@pytest.fixture(scope="module")
def run_lines(guides) -> list[str]:
    """What the guides run in the shell: blocks, commands of transcripts, and what stands in for them."""
    lines = []
    for page in guides:
        for block in page.blocks:
            if block.language == "console" and not block.stands_in and not block.not_run:
                lines += [
                    line.removeprefix("$ ")
                    for line in block.text.split("\n")
                    if line.startswith(("$ ", "> "))
                ]
            elif block.language == "sh" or block.stands_in:
                lines.append(block.runs)
    return lines


def test_every_command_of_registrar_is_run_in_a_guide(run_lines):
    shown = {found[0] for text in run_lines for words in words_of(text) if (found := called(words))}
    missing = [" ".join(path) for path, _ in commands() if path not in shown]
    no(missing, "commands of registrar are run by no block")


def test_every_command_and_option_of_registrar_that_is_named_exists(markdown):
    groups = {(): REGISTRAR, **dict(commands()), **dict(commands(groups=True))}
    faults = []
    for page in markdown.values():
        named = [(block.line, block.text) for block in page.blocks if block.language in {"sh", "console"}]
        for line, text in [*page.spans, *named]:
            for words in words_of(text.replace("$ registrar", "registrar")):
                found = called(words)
                if found is None or not words[1:]:
                    continue
                path, options = found
                command = groups.get(path)
                if command is None and re.fullmatch(r"[a-z ]+", " ".join(path)):
                    faults.append(f"{page.name}:{line}: registrar has no command {' '.join(path)}")
                allowed = {
                    name
                    for each in (command, REGISTRAR)
                    if each
                    for param in each.params
                    for name in (*param.opts, *param.secondary_opts)
                }
                faults += [
                    f"{page.name}:{line}: registrar {' '.join(path)} has no option {option}"
                    for option in options
                    if command is not None and option not in allowed and option not in HELP
                ]
    no(faults, "commands or options that registrar does not have")


@pytest.fixture(scope="module")
def targets() -> set[str]:
    """The targets of the Makefile, those that it makes of a list too."""
    # -q and a target that is none: the database is printed, nothing is made.
    done = subprocess.run(["make", "-pRrq", ":"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return set(re.findall(r"^([a-z][\w-]*):", done.stdout, re.MULTILINE))


def targets_in(text: str) -> Iterator[str]:
    for words in words_of(re.sub(r"^\$ ", "", text, flags=re.MULTILINE)):
        if words and words[0] == "make":
            yield from (word for word in words[1:] if re.fullmatch(r"[a-z][a-z-]*", word))


def named_targets(page) -> Iterator[tuple[int, str]]:
    for block in page.blocks:
        if block.language in {"sh", "console"}:
            for number, line in enumerate(block.text.split("\n"), block.line):
                yield from ((number, name) for name in targets_in(line.partition(" #")[0]))
            yield from ((block.line, name) for name in targets_in(block.stands_in))
    for line, span in page.spans:
        yield from ((line, name) for name in targets_in(span))


def test_every_target_of_make_that_is_named_exists(markdown, targets):
    faults = [
        f"{page.name}:{line}: make {name}"
        for page in markdown.values()
        for line, name in named_targets(page)
        if name not in targets
    ]
    no(faults, "targets that the Makefile does not have")


def test_every_target_that_make_lists_is_documented(guides):
    listed = subprocess.run(["make", "-s", "help"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    names = {line.split()[0] for line in listed.stdout.splitlines()}
    assert "setup" in names
    named = {name for page in guides for _, name in named_targets(page)}
    no(sorted(names - named - {"help"}), "targets of `make help` are in no guide")
