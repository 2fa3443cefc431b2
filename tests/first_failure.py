"""``pytest -p tests.first_failure``: stop after the first test that fails; an error of a fixture is none."""

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Let the run end when a test itself has failed."""
    report = yield
    if report.when == "call" and report.failed:
        item.session.shouldfail = "a test has failed"
    return report
