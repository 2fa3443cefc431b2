"""The list of mutants follows the code: a mechanism that has moved would otherwise go untested in silence."""

import pytest

from tests.mutants import CHECKOUT, Mutant, listed


@pytest.mark.parametrize("mutant", listed(), ids=lambda mutant: mutant.name)
def test_each_mutant_finds_its_mechanism_and_its_tests(mutant: Mutant):
    assert mutant.old in (CHECKOUT / mutant.file).read_text()
    assert mutant.old != mutant.new
    for test in mutant.tests.split():
        assert (CHECKOUT / test.partition("::")[0]).exists()
