"""The stages, and all settings by which they differ."""

from dataclasses import dataclass, replace
from enum import StrEnum

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs


class FunctionRuntime(StrEnum):
    """The Lambda runtime of the functions."""

    MANAGED = "managed"
    """AWS Lambda's own Python 3.13; dependencies are bundled for Linux on arm64."""

    LOCAL = "local"
    """The custom runtime `provided.al2023`, whose bootstrap runs this checkout's Python with its packages."""


class SettingsError(ValueError):
    """The settings cannot be used; the message says why."""


@dataclass(frozen=True, kw_only=True)
class StageSettings:
    """The settings of one stage; everything else is the same in every stage."""

    name: str
    """The stage's name, part of its stacks' names."""

    removal_policy: RemovalPolicy
    """What happens to tables, key, bucket, queues and log groups that are removed from their stack."""

    deletion_protection: bool
    """Whether the tables refuse to be deleted and the stateful stack has termination protection."""

    log_retention: logs.RetentionDays
    """How long logs are kept."""

    memory_size: int
    """The functions' memory in MiB; their share of CPU grows with it."""

    reserved_concurrency: int | None = None
    """Reserved concurrency of each function, also its upper bound; None: they share the account's."""

    snap_start: bool = False
    """Whether the functions that callers wait for start from a snapshot of the initialized process
    (SnapStart), which shortens cold starts. AWS charges for caching each version's snapshot and for each
    restore, and a deployment takes minutes longer. Restored processes share no times and no random numbers:
    handlers read the clock, randomness comes from the operating system, and Python's own generator is seeded
    again after each restore."""

    guard_grace_seconds: int
    """The age of a change at which the guard looks for its record. Healthy executions are done by then, and
    so are the chunks of an import, which audit all their rows at the end."""

    api_rate: int
    """The API's rate limit, in requests per second; above it, the answer is 429."""

    api_burst: int
    """The API's burst limit, in requests."""

    import_days: int
    """Days after which imported files and their reports expire."""

    import_chunks_at_once: int
    """How many chunks of an import are applied concurrently, each with 32 rows in flight. A new on-demand
    table takes about 400 rows a second: more would only be throttled, and single changes with them."""

    import_memory_size: int = 2048
    """The memory of an import's functions in MiB."""

    metric_math: bool = True
    """Whether there are alarms on metric math, which the local AWS does not support."""

    function_runtime: FunctionRuntime = FunctionRuntime.MANAGED
    """The Lambda runtime of the functions."""

    jwt_issuer: str | None = None
    """The issuer of the tokens that the API requires; None: requests are signed with IAM credentials."""

    jwt_audience: str | None = None
    """The audience that the tokens must have; given together with the issuer."""

    import_sources: tuple[str, ...] = ()
    """Names of other buckets whose objects may be imported."""

    alarm_topic_arn: str | None = None
    """The SNS topic that every alarm notifies; None: alarms are visible in CloudWatch only."""


STAGES = {
    stage.name: stage
    for stage in (
        StageSettings(
            name="local",
            removal_policy=RemovalPolicy.DESTROY,
            deletion_protection=False,
            log_retention=logs.RetentionDays.ONE_DAY,
            memory_size=512,
            guard_grace_seconds=1,
            api_rate=1000,
            api_burst=1000,
            import_days=1,
            import_chunks_at_once=2,
            metric_math=False,
            function_runtime=FunctionRuntime.LOCAL,
        ),
        StageSettings(
            name="dev",
            removal_policy=RemovalPolicy.DESTROY,
            deletion_protection=False,
            log_retention=logs.RetentionDays.ONE_WEEK,
            memory_size=512,
            guard_grace_seconds=20,
            api_rate=50,
            api_burst=100,
            import_days=7,
            import_chunks_at_once=5,
        ),
        StageSettings(
            name="prod",
            removal_policy=RemovalPolicy.RETAIN,
            deletion_protection=True,
            log_retention=logs.RetentionDays.THREE_MONTHS,
            memory_size=1024,
            guard_grace_seconds=20,
            api_rate=500,
            api_burst=1000,
            import_days=30,
            import_chunks_at_once=10,
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
    """Return the settings of the stage `name`, completed by those of one account.

    Raises:
        SettingsError: no stage has that name, or one of `jwt_issuer` and `jwt_audience` is missing.
    """
    if name not in STAGES:
        raise SettingsError(f"unknown stage {name!r}; known stages: {', '.join(STAGES)}")
    if (jwt_issuer is None) != (jwt_audience is None):
        raise SettingsError("jwt_issuer and jwt_audience go together: give both, or neither for IAM")
    return replace(
        STAGES[name],
        alarm_topic_arn=alarm_topic_arn,
        jwt_issuer=jwt_issuer,
        jwt_audience=jwt_audience,
        import_sources=tuple(filter(None, (import_sources or "").split(","))),
    )
