"""What runs the guides: it takes pages apart as meant, and lets nothing wrong pass."""

import os
import textwrap
import time

import pytest

from local import processes
from tests.checkout_copy import CHECKOUT
from tests.docs import run as harness
from tests.docs.markdown import page_of, slug_of
from tests.docs.run import PageRun, running_in
from tests.docs.transcript import NoTranscriptError, difference, masked, steps_of


def page(text):
    return page_of(textwrap.dedent(text), "page.md")


@pytest.fixture
def failures(tmp_path, monkeypatch):
    """Run a page in an empty checkout; return what failed."""

    def copied(folder):
        (folder / ".local").mkdir(parents=True)
        (folder / ".venv").symlink_to(CHECKOUT / ".venv")

    monkeypatch.setattr(harness, "copied", copied)

    def run(text):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        found = PageRun(page(text), folder, tmp_path / "cdk.out").failures()
        assert running_in(folder) == []
        return found

    return run


# Pages


def test_blocks_know_their_lines_their_languages_and_what_is_said_before_them():
    blocks = page(
        """\
        # A page

        ```sh
        make up
        ```
        <!-- stands in: make -n test -->
        ```sh
        make test
        ```

        <!-- not run: needs an account -->

        ```console
        $ npx cdk deploy
        ```
        """
    ).blocks
    assert [(block.line, block.language, block.text) for block in blocks] == [
        (4, "sh", "make up"),
        (8, "sh", "make test"),
        (14, "console", "$ npx cdk deploy"),
    ]
    assert [(block.stands_in, block.not_run) for block in blocks] == [
        ("", ""),
        ("make -n test", ""),
        ("", "needs an account"),
    ]
    assert [block.runs for block in blocks] == ["make up", "make -n test", ""]


def test_a_block_in_a_list_loses_its_indentation_and_no_more():
    (block,) = page("- a\n\n  ```sh\n  if true; then\n    echo\n  fi\n  ```\n").blocks
    assert block.text == "if true; then\n  echo\nfi"
    assert page("- a\n\n  goes on\n- b\n\n      code\n").faults == [
        "6: an indented code block, which says no language: code"
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a\n\n    make up\n", "3: an indented code block, which says no language: make up"),
        ("```\nmake up\n```\n", "1: a block that says no language"),
        ("```sh\nmake up\n", "1: a block without an end"),
        ("<!-- stands in: -->\n```sh\nmake up\n```\n", "2: `stands in:` says nothing"),
        (
            "<!-- stand in: true -->\n",
            "1: `<!-- stand in: true -->` is neither `stands in: …` nor `not run: …`",
        ),
        (
            "<!-- stands in: true -->\ntext\n```sh\nmake up\n```\n",
            "1: no block comes right behind `<!-- stands in: true -->`",
        ),
    ],
)
def test_what_the_convention_does_not_know_is_a_fault(text, fault):
    assert fault in page(text).faults


def test_a_page_as_it_should_be_has_no_fault():
    assert (
        page("# A\n\n- b\n    c\n\n  d\n\n<!-- x.mmd -->\n```text\n    x\n```\n<!-- /x.mmd -->\n").faults
        == []
    )


def test_spans_and_links_are_those_outside_of_blocks_and_of_each_other():
    made = page(
        "`a` and ``b `c` d``\n`over\ntwo`\n\n```sh\n`no` [no](no.md)\n```\n"
        "[x `y`](z.md#a) `[no](no.md)`\n\n[r]: q.md\n"
    )
    assert list(made.spans) == [(1, "a"), (1, "b `c` d"), (2, "over two"), (8, "y"), (8, "[no](no.md)")]
    assert sorted(made.links) == [(8, "z.md#a"), (10, "q.md")]


def test_anchors_are_those_that_github_makes():
    assert slug_of("What it costs & how *fast* `it` is: [see](x.md)") == "what-it-costs--how-fast-it-is-see"
    assert slug_of("Ändere users_table") == "ändere-users_table"
    assert page('# A b\n## A b\n```sh\n# no\n```\n<a id="c"></a>\n').anchors == {"a-b", "a-b-1", "c"}


# Transcripts


def test_a_transcript_is_commands_with_what_they_print():
    steps = steps_of("$ a \\\n  b\nx\n\n$ c <<E\n> d\n> E\n> y\n$ e", 7)
    assert [(step.line, step.command, step.expected) for step in steps] == [
        (7, "a \\\n  b", ["x", ""]),
        (11, "c <<E\nd\nE\ny", []),
        (15, "e", []),
    ]
    for text in ("", "x\n$ a"):
        with pytest.raises(NoTranscriptError):
            steps_of(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("at 2026-01-02T03:04:05.123456Z", "at 2027-11-12T13:14:15Z"),
        ("at 2026-01-02 03:04:05Z", "at 2027-11-12 13:14:15Z"),
        ("on 2026-01-02", "on 2027-11-12"),
        ("id 0123456789abcdef0123456789abcdef", "id ffffffffffffffffffffffffffffff12"),
        ("id 3e3b0fd0-4b0e-4c7b-8a83-7a1b5f6b7c8d", "id 7e3b0fd0-4b0e-4c7b-8a83-7a1b5f6b7c8d"),
        ("hash 3e3b0fd04b0e", "hash aaaaaaaaaaa1"),
        ("hash 3e3b0fd04b0e…", "hash aaaaaaaaaaa1"),
        (
            "http://127.0.0.1:40061/_aws/execute-api/7c32c70d/$default",
            "http://127.0.0.1:1/_aws/execute-api/abcdefab/$default",
        ),
        ("deployed in 6 s", "deployed in 16 s"),
        ("in 481 ms", "in 9 ms"),
        ("| a   |  b |\n|-----+----|", "| a | b |\n|---+---|"),
        ("| a | ms  |\n|--|--|\n| x | 481 |", "| a | ms |\n|--|--|\n| x | 9 |"),
        ("ended `make run` (process 12)", "ended `make run` (process 4711)"),
        ("\n\na", "a\n"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_what_differs_by_run_is_masked(one, other):
    assert masked(one) == masked(other)
    assert difference(one.split("\n"), other) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("version 1", "version 2"),
        ("checked 3 users", "checked 4 users"),
        ("u-1001", "u-1002"),
        ("ticket-4711", "ticket-4712"),
        ("| 2 |", "| 3 |"),
        ("| day | changes |\n| x | 12 |", "| day | changes |\n| x | 13 |"),
        ("deadbeef is no figure", "feedbeef is no figure"),
        ("a\nb", "a"),
        ("a", "a\nb"),
        ("a b", "ab"),
        ("", "a"),
        ("a\n…\nb", "a\nc"),
        ("…\nb\na", "a\nb"),
        ("a\n…\nb\n…\nc", "a\nc\nb"),
        ("a … c", "a b"),
        ("a\n…\na", "a"),
    ],
)
def test_what_says_something_else_differs(one, other):
    assert difference(one.split("\n"), other) != ""


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("…", ""),
        ("a\n…", "a"),
        ("a\n…\nb", "a\nb"),
        ("…\nb\n…\nb\nc\n…", "a\nb\na\nb\na\nb\nc\nd"),
        ("a … c", "a b b c"),
        ("…\n| x | 481 |", "| a | ms |\n|--|--|\n| x | 9 |"),
    ],
)
def test_dots_stand_for_what_is_left_out(wanted, got):
    assert difference(wanted.split("\n"), got) == ""


# Runs


def test_a_page_is_one_session(failures):
    text = """\
    ```sh
    export NAME=ada
    mkdir folder && cd folder
    ```
    ```python
    import os
    assert os.environ["NAME"] == "ada"
    print(os.getcwd(), file=open("here", "w"))
    ```
    ```console
    $ basename "$(cat here)"; echo "$NAME"
    folder
    ada
    $ false
    $ echo $?
    1
    ```
    ```json
    {"a": 1}
    ```
    """
    assert failures(text) == []


def test_a_command_that_fails_is_reported_with_its_line_and_what_it_printed(failures):
    (failure,) = failures("# A\n\n```sh\necho before\ncat nowhere  # a file\necho after\n```\n")
    assert (failure.page, failure.line, failure.command) == ("page.md", 5, "cat nowhere  # a file")
    assert "before" in failure.output
    assert "nowhere: No such file" in failure.output
    assert "after" not in failure.output
    assert "page.md:5: it ends with 1" in str(failure)


def test_the_page_goes_on_after_a_failure_with_the_variables_of_before(failures):
    text = """\
    ```sh
    export NAME=ada
    ```
    ```sh
    exit 1
    ```
    ```console
    $ echo "$NAME"
    ada
    $ echo wrong
    right
    ```
    """
    assert [(failure.line, failure.command) for failure in failures(text)] == [
        (5, "exit 1"),
        (10, "echo wrong"),
    ]


@pytest.mark.parametrize(
    ("block", "what"),
    [
        ("```sh\nexit 0\n```", "it ends the shell"),
        ("```sh\necho $NOWHERE_SET\n```", "it ends with"),
        ("```sh\n(exit 3)\n```", "it ends with 3"),
        ("```sh\nif true; then\n```", "it ends with"),
        ("```python\nraise SystemExit(1)\n```", "it ends with 1"),
        ("```python\nimport nowhere\n```", "it ends with 1"),
        ("```console\n$ echo 2\n1\n```", "it prints something else"),
        ("```console\n$ echo 1\n```", "it prints something else"),
        ("```console\n$ false\n```", "it ends with 1"),
        ("```console\n$ false\n$ echo $?\n0\n```", "it prints something else"),
        ("```console\n1\n```", "no transcript"),
        ("```json\n{'a': 1}\n```", "no JSON"),
        ("```ruby\n1\n```", "a block of language 'ruby'"),
        ("<!-- stands in: false -->\n```sh\ntrue\n```", "it ends with 1"),
        ("<!-- stands in: echo 2 -->\n```console\n$ make test\n1\n```", "it prints something else"),
        ("<!-- stands in: echo -->\n```console\n$ a\n$ b\n```", "one command cannot stand in"),
    ],
)
def test_a_block_that_does_something_else_fails(failures, block, what):
    (failure,) = failures(block)
    assert what in failure.what


@pytest.mark.parametrize(
    "block",
    [
        "<!-- stands in: true -->\n```sh\nfalse\n```",
        "<!-- stands in: echo 1 -->\n```console\n$ make test\n1\n```",
        "<!-- not run: needs an account -->\n```sh\nfalse\n```",
        "```text\nfalse\n```",
    ],
)
def test_what_is_said_before_a_block_is_heeded(failures, block):
    assert failures(block) == []


def test_a_page_is_not_run_to_its_end_when_all_of_it_fails(failures):
    found = failures("```sh\nfalse\n```\n" * 9)
    assert len(found) == harness.ENOUGH + 1
    assert found[-1].what == "what comes behind it has not been run"


def test_a_traceback_has_the_lines_of_the_page(failures):
    (failure,) = failures("# A\n\n```python\na = 1\nb = nowhere\n```\n")
    assert "line 5" in failure.output


def test_a_command_that_does_not_end_is_ended(failures, monkeypatch):
    monkeypatch.setattr(harness, "STEP_SECONDS", 1)
    (failure,) = failures("```sh\nsleep 600\n```")
    assert failure.what == "it does not end"


def test_nothing_of_a_page_runs_on(failures, tmp_path):
    text = f"```sh\nsleep 600 &\necho $! >{tmp_path}/pid\nsetsid sleep 600 &\n```"
    # The fixture itself looks for what works in the page's folder.
    assert failures(text) == []
    assert processes.start_of(int((tmp_path / "pid").read_text())) is None


def test_a_stage_that_a_page_leaves_running_is_ended_and_reported(failures, tmp_path):
    text = """\
    ```python
    import subprocess, sys
    from pathlib import Path

    from local import processes

    processes.spawn(
        Path(".local").resolve(),
        "engine",
        [sys.executable, "-c", "import time; time.sleep(600)"],
        cwd=Path("/"),
        env={},
        log=Path("log"),
    )
    ```
    """
    program = textwrap.dedent(text).replace(
        "from local", f"sys.path.insert(0, {str(CHECKOUT)!r})\nfrom local", 1
    )
    (failure,) = failures(program)
    assert failure.what == "the page ends and leaves running: engine"
    (folder,) = (each for each in tmp_path.iterdir() if each.is_dir())
    assert processes.noted(folder / "registrar" / ".local") == []


def test_a_run_is_interrupted_in_the_midst_of_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr(harness, "copied", lambda folder: (folder / ".local").mkdir(parents=True))
    text = "```sh\nsleep 600\n```\n```console\n$ sleep 601\n$ sleep 602\n```\n"
    made = harness.Runs([page(text)], tmp_path, tmp_path / "cdk.out")
    while not running_in(tmp_path):
        time.sleep(0.02)
    made.end()
    assert running_in(tmp_path) == []
    with pytest.raises(InterruptedError):
        made.failures("page.md")


def test_a_set_up_that_is_older_than_its_pins_is_none(tmp_path):
    for name in ("Makefile", "requirements.txt", "package-lock.json", "client/pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((CHECKOUT / name).read_bytes())
    for name in (".venv", "node_modules"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".ready").touch()
    assert harness.is_set_up(tmp_path)
    os.utime(tmp_path / ".venv" / ".ready", (0, 0))
    assert not harness.is_set_up(tmp_path)


def test_the_programs_that_a_page_needs_are_known():
    assert harness.tools_of(page("```sh\naws s3 ls\n```\n```console\n$ curl x\n```")) == ["aws", "curl"]
    assert harness.tools_of(page("```sh\na | curl x\n```\n```text\naws s3\n```")) == ["curl"]
    assert harness.tools_of(page("```sh\necho aws s3\n```")) == []


def test_a_reader_has_no_variables_of_the_tests_and_a_home_of_its_own(failures, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    monkeypatch.setenv("PYTHONPATH", ".")
    text = """\
    ```console
    $ echo "${AWS_PROFILE-none} ${PYTHONPATH-none} ${HOME##*/}"
    none none home
    ```
    """
    assert failures(text) == []
