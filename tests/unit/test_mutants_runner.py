"""What the runner of mutants takes for a kill: a test that passed before and fails now, and nothing else."""

import io
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests import mutants
from tests.mutants import CHECKOUT, Mutant, Outcome, judged, report

CODE = "def least(one, other):\n    return min(one, other)\n"
TESTS = """
import pytest
from code_under_test import least

@pytest.fixture
def checked():
    yield
    assert least(1, 2) != 2

def test_least():
    assert least(2, 1) == 1

def test_with_a_fixture(checked):
    pass
"""
KILLED = Mutant(
    "the least is the most", "code_under_test.py", "min(one, other)", "max(one, other)", "tests/test_a.py"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a very small project."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "code_under_test.py").write_text(CODE)
    shutil.copy(CHECKOUT / "tests" / "first_failure.py", tmp_path / "tests")
    files = {
        "test_a": TESTS,
        "test_red": "def test_red():\n    assert False\n",
        "test_skipped": "import pytest\npytest.skip('no', allow_module_level=True)\n",
        "test_fixture": TESTS.replace("assert least(2, 1) == 1", "pass"),
        "test_slow": "import time\n\ndef test_it():\n    time.sleep(600)\n",
    }
    for name, text in files.items():
        (tmp_path / "tests" / f"{name}.py").write_text(text)
    return tmp_path


def outcomes(folder: Path, *listed: Mutant) -> dict[str, Outcome]:
    return {verdict.mutant.name: verdict.outcome for verdict in judged(listed, [folder])}


def test_a_mutant_is_killed_survives_or_is_broken(folder: Path):
    survives = replace(KILLED, name="the same by another name", new="sorted([one, other])[0]")
    broken = replace(KILLED, name="no Python", new="min(one, other")
    unknown = replace(KILLED, name="an unknown name", new="smallest(one, other)")
    assert outcomes(folder, KILLED, survives, broken, unknown) == {
        KILLED.name: Outcome.KILLED,
        survives.name: Outcome.SURVIVED,
        broken.name: Outcome.BROKEN,
        unknown.name: Outcome.BROKEN,
    }
    assert (folder / "code_under_test.py").read_text() == CODE


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        ("tests/test_red.py", "fails on the untouched code"),
        ("tests/test_a.py tests/test_red.py", "fails on the untouched code"),
        ("tests/test_skipped.py", "no test of tests/test_skipped.py passes on the untouched code"),
        ("tests/test_gone.py", "no test of tests/test_gone.py passes on the untouched code"),
    ],
)
def test_tests_that_are_red_or_do_not_run_before_kill_nothing(folder: Path, tests: str, why: str):
    (verdict,) = judged([replace(KILLED, tests=tests)], [folder])
    assert verdict.outcome is Outcome.BROKEN
    assert why in verdict.because


def test_an_error_of_a_fixture_is_no_failure(folder: Path):
    assert outcomes(folder, replace(KILLED, tests="tests/test_fixture.py")) == {KILLED.name: Outcome.BROKEN}


def test_a_run_that_takes_too_long_kills_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mutants, "RUN_SECONDS", 3)
    verdict = mutants.judge(replace(KILLED, tests="tests/test_slow.py"), folder)
    assert (verdict.outcome, verdict.because.split("\n")[0]) == (Outcome.BROKEN, "pytest ended with None")


def test_the_untouched_code_is_tested_once_for_all_mutants_of_a_test(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    runs = []
    real = mutants.run
    monkeypatch.setattr(mutants, "run", lambda *given, **how: (runs.append(how), real(*given, **how))[1])
    judged([KILLED, replace(KILLED, name="once more")], [folder])
    assert runs == [{"whole": True}, {}, {}]


@pytest.mark.parametrize(
    ("found", "code"), [([Outcome.KILLED], 0), ([Outcome.SURVIVED], 1), ([Outcome.KILLED, Outcome.BROKEN], 1)]
)
def test_only_a_list_that_is_killed_as_a_whole_is_a_success(found: list[Outcome], code: int):
    console = Console(file=io.StringIO())
    assert report([mutants.Verdict(KILLED, each, "[why]") for each in found], console) == code
