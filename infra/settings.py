"""The stages, and everything in which they differ."""

from dataclasses import dataclass, replace
from enum import StrEnum

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs


class FunctionRuntime(StrEnum):
    """What the functions run on."""

    MANAGED = "managed"
    """AWS Lambda's own Python 3.13; dependencies are bundled for Linux on arm64."""

    LOCAL = "local"
    """The custom runtime `provided.al2023`, whose bootstrap runs this checkout's Python with its packages."""


class UnknownStageError(ValueError):
    """The stage named is none of the known ones, which the message lists."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown stage {name!r}; known stages: {', '.join(STAGES)}")


class IncompleteSettingsError(ValueError):
    """Of two settings that go together one is missing."""

    def __init__(self) -> None:
        super().__init__("jwt_issuer and jwt_audience go together: give both, or neither for IAM")


@dataclass(frozen=True, kw_only=True)
class StageSettings:
    """What one stage settles for itself; whatever is not here is the same in every stage."""

    name: str
    """The stage's name, part of its stacks' names."""

    removal_policy: RemovalPolicy
    """What becomes of tables, key, bucket, queues and log groups when their stack no longer has them."""

    deletion_protection: bool
    """Whether the tables refuse to be deleted and the stateful stack has termination protection."""

    log_retention: logs.RetentionDays
    """How long logs are kept."""

    memory_size: int
    """The functions' memory in MiB; their share of CPU grows with it."""

    reserved_concurrency: int | None
    """Concurrency set aside for each function, also its upper bound; None leaves it to the account."""

    snap_start: bool
    """Whether what people wait for starts from a snapshot of its initialized process (SnapStart), in a part
    of the time. AWS charges for keeping each version's snapshot and for each start from it, and a deployment
    takes minutes longer. Times are taken in the handlers, randomness comes from the operating system, and
    Python's own generator is seeded anew after each restore, so no two processes share them."""

    guard_grace_seconds: int
    """How old a change is when the guard looks for its record; healthy executions are done by then, and so
    are the chunks of an import, which audit their rows together."""

    api_rate: int
    """Requests a second that the API takes; more are answered with 429."""

    api_burst: int
    """Requests that the API takes at once."""

    import_days: int
    """So long imported files and their reports are kept."""

    import_chunks_at_once: int
    """So many chunks of an import are applied at once, each with 32 rows in flight. A new on-demand table
    takes about 400 rows a second: more would only be throttled, and single changes with them."""

    import_memory_size: int
    """The memory of an import's functions in MiB."""

    metric_math: bool
    """Whether there are alarms over metrics that CloudWatch computes; the local AWS cannot make one."""

    function_runtime: FunctionRuntime
    """What the functions run on."""

    jwt_issuer: str | None = None
    """The issuer of the tokens that the API asks for; None has requests signed with IAM credentials."""

    jwt_audience: str | None = None
    """Whom the tokens must be meant for; goes with the issuer."""

    import_sources: tuple[str, ...] = ()
    """Names of other buckets whose objects may be imported."""

    alarm_topic_arn: str | None = None
    """The SNS topic told of every alarm; None leaves the alarms to be seen in CloudWatch alone."""


STAGES = {
    stage.name: stage
    for stage in (
        StageSettings(
            name="local",
            removal_policy=RemovalPolicy.DESTROY,
            deletion_protection=False,
            log_retention=logs.RetentionDays.ONE_DAY,
            memory_size=512,
            reserved_concurrency=None,
            snap_start=False,
            guard_grace_seconds=1,
            api_rate=1000,
            api_burst=1000,
            import_days=1,
            import_chunks_at_once=2,
            import_memory_size=2048,
            metric_math=False,
            function_runtime=FunctionRuntime.LOCAL,
        ),
        StageSettings(
            name="dev",
            removal_policy=RemovalPolicy.DESTROY,
            deletion_protection=False,
            log_retention=logs.RetentionDays.ONE_WEEK,
            memory_size=512,
            reserved_concurrency=None,
            snap_start=False,
            guard_grace_seconds=20,
            api_rate=50,
            api_burst=100,
            import_days=7,
            import_chunks_at_once=5,
            import_memory_size=2048,
            metric_math=True,
            function_runtime=FunctionRuntime.MANAGED,
        ),
        StageSettings(
            name="prod",
            removal_policy=RemovalPolicy.RETAIN,
            deletion_protection=True,
            log_retention=logs.RetentionDays.THREE_MONTHS,
            memory_size=1024,
            reserved_concurrency=None,
            snap_start=False,
            guard_grace_seconds=20,
            api_rate=500,
            api_burst=1000,
            import_days=30,
            import_chunks_at_once=10,
            import_memory_size=2048,
            metric_math=True,
            function_runtime=FunctionRuntime.MANAGED,
        ),
    )
}


def stage_settings(
    name: str,
    *,
    alarm_topic_arn: str | None = None,
    jwt_issuer: str | None = None,
    jwt_audience: str | None = None,
    import_sources: str | None = None,
) -> StageSettings:
    """Return the settings of the stage `name` with those that are an account's own.

    Raises:
        UnknownStageError: no stage has that name.
        IncompleteSettingsError: one of `jwt_issuer` and `jwt_audience` is missing.
    """
    if name not in STAGES:
        raise UnknownStageError(name)
    if (jwt_issuer is None) != (jwt_audience is None):
        raise IncompleteSettingsError
    return replace(
        STAGES[name],
        alarm_topic_arn=alarm_topic_arn,
        jwt_issuer=jwt_issuer,
        jwt_audience=jwt_audience,
        import_sources=tuple(filter(None, (import_sources or "").split(","))),
    )
