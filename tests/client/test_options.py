"""The shared options: before a command or after it, and refused where they have no effect."""

import json

import pytest

from registrar_client.command import connection
from registrar_client.stage import StageNotFound
from tests.client.fake_api import user

LISTED = {"GET /users": {"users": [user("u-1")], "next": None}}


@pytest.fixture
def asked(monkeypatch) -> list[tuple[str, str | None, str | None]]:
    """Which stages are looked for: none is found."""
    stages = []

    def find(name: str, profile: str | None, region: str | None) -> None:
        stages.append((name, profile, region))
        raise StageNotFound(name)

    monkeypatch.setattr(connection, "find_stage", find)
    return stages


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["list"], {}, ("local", None, None)),
        (["--stage", "dev", "list"], {}, ("dev", None, None)),
        (["list", "--stage", "dev"], {}, ("dev", None, None)),
        (["--stage", "dev", "list", "--stage", "prod"], {}, ("prod", None, None)),
        (["--stage", "dev", "list"], {"REGISTRAR_STAGE": "prod"}, ("dev", None, None)),
        (["list"], {"REGISTRAR_STAGE": "prod"}, ("prod", None, None)),
        (["list", "--stage", "dev"], {"REGISTRAR_URL": "http://api"}, ("dev", None, None)),
        (["--stage", "dev", "check"], {"REGISTRAR_URL": "http://api"}, ("dev", None, None)),
        (["check"], {"REGISTRAR_URL": "http://api", "REGISTRAR_STAGE": "dev"}, ("dev", None, None)),
        (["--stage", "dev", "imports", "show", "i"], {}, ("dev", None, None)),
        (["imports", "--stage", "dev", "list"], {}, ("dev", None, None)),
        (["--region", "r", "--stage", "dev", "list", "--profile", "p"], {}, ("dev", "p", "r")),
        (["--stage", "dev", "list"], {"AWS_REGION": "r"}, ("dev", None, "r")),
        (["--stage", "dev", "list", "--region", "q"], {"AWS_REGION": "r"}, ("dev", None, "q")),
    ],
)
def test_the_option_nearest_to_the_command_takes_precedence(command, asked, arguments, environment, expected):
    done = command(*arguments, env=environment)
    assert isinstance(done.exception, StageNotFound), done.output
    assert asked == [expected]


def test_a_url_takes_precedence_over_a_stage_of_the_environment(command, asked):
    assert command("list", answers=LISTED, env={"REGISTRAR_STAGE": "dev"}).exit_code == 0
    assert command("list", env={"REGISTRAR_URL": "http://api"}, answers=LISTED).exit_code == 0
    assert asked == []


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (["check", "--url", "http://api"], {}, "reads the tables"),
        (["--url", "http://api", "check"], {}, "reads the tables"),
        (["check"], {"REGISTRAR_URL": "http://api"}, "reads the tables"),
        (["export", "--url", "http://api"], {}, "reads the tables"),
        (["export"], {"REGISTRAR_URL": "http://api"}, "reads the tables"),
        (["export", "--json"], {}, "--format"),
        (["--json", "export"], {}, "--format"),
        (["--url", "http://api", "imports", "list"], {}, "Step Functions"),
        (["list", "--url", "http://api", "--stage", "dev"], {}, "--stage and --url"),
        (["--stage", "dev", "list", "--url", "http://api"], {}, "--stage and --url"),
        (["list"], {"REGISTRAR_URL": "u", "REGISTRAR_STAGE": "s"}, "REGISTRAR_STAGE and REGISTRAR_URL"),
        (["list", "--profile", "p"], {}, "the local stage has none"),
        (["--region", "r", "list"], {}, "the local stage has none"),
        (["check", "--stage", "local", "--region", "r"], {"REGISTRAR_STAGE": "dev"}, "has none"),
        (["list", "--url", "http://api", "--profile", "p"], {}, "--profile"),
        (["list", "--url", "http://api", "--region", "r"], {}, "REGISTRAR_TOKEN"),
        (["list", "--limit", "5", "--all"], {}, "--limit"),
        (["export", "--ledger", "--format", "csv"], {}, "jsonl only"),
        (["import", "users.csv", "--no-wait", "--failed", "f"], {}, "nothing to be saved"),
        (["import", "users.csv", "--no-wait", "--report", "f"], {}, "nothing to be saved"),
        (["import", "users.jsonl", "--column", "a=b"], {}, "no columns"),
        (["import", "s3://b/users.ndjson", "--column", "a=b"], {}, "no columns"),
        (["import", "users.csv", "--format", "jsonl", "--column", "a="], {}, "no columns"),
        (["import", "-"], {}, "--format"),
        (["import", "s3://bucket", "--format", "csv"], {}, "s3://BUCKET/KEY"),
        (["import", "users.csv", "--report", "same", "--failed", "./same"], {}, "the same file"),
        (["import", "users.csv", "--failed", "users.csv"], {}, "the file that is imported"),
        (["import", "users.csv", "--report", "link.csv"], {}, "the file that is imported"),
        (["list", "--url", "notaurl"], {}, "is no URL"),
        (["list", "--url", "http://[::1"], {}, "is no URL"),
        (["list", "--url", "http:///users"], {}, "is no URL"),
        (["list", "--url", "http://api?x=1"], {}, "is no URL"),
        (["list", "--updated-after", "soon"], {}, "2030-01-31"),
    ],
)
def test_options_that_have_no_effect_are_refused(
    command, asked, tmp_path, monkeypatch, arguments, environment, says
):
    monkeypatch.chdir(tmp_path)
    for name in ("users.csv", "users.jsonl"):
        (tmp_path / name).write_text("user_id\nu-1\n")
    (tmp_path / "link.csv").symlink_to("users.csv")
    monkeypatch.setenv("REGISTRAR_TOKEN", "t")
    before = sorted(tmp_path.iterdir())
    done = command(*arguments, env=environment | {"COLUMNS": "200", "TERMINAL_WIDTH": "200"})
    assert (done.exit_code, asked) == (2, []), done.output
    assert says in done.output
    assert sorted(tmp_path.iterdir()) == before


def test_json_stands_before_or_after_the_command(command):
    for arguments in (("--json", "list"), ("list", "--json")):
        done = command(*arguments, answers=LISTED)
        assert json.loads(done.output)["user_id"] == "u-1"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2030-01-31", "2030-01-31T00:00:00+00:00"),
        ("2030-01-31 12:00:00Z", "2030-01-31T12:00:00+00:00"),
        ("2030-01-31T12:00:00+01:00", "2030-01-31T11:00:00+00:00"),
        ("0001-01-01", "0001-01-01T00:00:00+00:00"),
        ("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59-01:00"),
    ],
)
def test_a_time_is_utc_unless_it_names_its_zone(command, given, sent):
    assert command("list", "--updated-after", given, answers=LISTED).exit_code == 0
    assert command.api.requests[0].url.params["updated_after"] == sent
