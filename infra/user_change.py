"""The user-change state machine, deployed twice from one definition."""

from collections.abc import Mapping

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.settings import StageSettings
from infra.state_machine import DEFINITIONS, StateMachine


class UserChange(StateMachine):
    """The machine over the four steps of a change.

    An Express workflow ends after five minutes, so the definition's timeout is a little shorter. It is long
    enough for one state to time out at every retry, and for all states when their calls fail immediately. If
    three states time out at every retry, the execution times out and raises the alarm; a redrive, or another
    start of the same change, continues from what was committed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        machine_type: sfn.StateMachineType,
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            machine_type=machine_type,
            definition=(DEFINITIONS / "user_change.asl.json").read_text(encoding="utf-8"),
            functions=functions,
            what="A user change",
        )
