"""The CDK app: `npx cdk synth -c stage=local|dev|prod`."""

import sys

from aws_cdk import App

from infra.data_stack import DataStack
from infra.settings import SettingsError, StageSettings, stage_settings
from infra.workflow_stack import WorkflowStack

OWN = ("alarm_topic_arn", "jwt_issuer", "jwt_audience", "import_sources")
"""Settings of one account, taken from the CDK context."""


def add_stacks(app: App, settings: StageSettings) -> tuple[DataStack, WorkflowStack]:
    """Add the stateful and the stateless stack of one stage to `app`."""
    prefix = f"Registrar-{settings.name}"
    data = DataStack(app, f"{prefix}-Data", settings=settings)
    return data, WorkflowStack(app, f"{prefix}-Workflow", settings=settings, data=data)


def main() -> None:
    """Synthesize the stage named in the context (`-c stage=…`); default: `dev`.

    `-c alarm_topic_arn=…` names the SNS topic that every alarm notifies. With `-c jwt_issuer=…` and
    `-c jwt_audience=…` the API requires tokens instead of signed requests. `-c import_sources=…` names other
    buckets whose objects may be imported, separated by commas.
    """
    app = App(analytics_reporting=False)
    stage = app.node.try_get_context("stage")
    try:
        settings = stage_settings(
            "dev" if stage is None else stage,
            **{name: app.node.try_get_context(name) for name in OWN},
        )
    except SettingsError as error:
        sys.exit(f"error: {error}")
    add_stacks(app, settings)
    app.synth()


if __name__ == "__main__":
    main()
