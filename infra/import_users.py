"""The import of many users: its state machine and four steps."""

import json

from aws_cdk import Acknowledgment, Duration, Size, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.code_asset import CodeAssets
from infra.data_stack import DataStack
from infra.lambda_function import LambdaFunction
from infra.settings import StageSettings
from infra.state_machine import DEFINITIONS, StateMachine, executions_acknowledgment, executions_of

WHOLE_FILE = Duration.minutes(14)
"""Timeout of a function that reads or writes a whole file; its state's timeout is a little longer."""

CHUNK = Duration.seconds(55)
"""Timeout of a function for one chunk; both steps with all their retries fit into an Express workflow."""


class ImportUsers(Construct):
    """Plans a file, applies its chunks concurrently, and answers every row.

    As with a single change, the step that writes a chunk has no access to the ledger, and the step that
    audits it can only append to the ledger.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        data: DataStack,
        code: CodeAssets,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._data = data
        self._code = code
        machine = StateMachine(
            self,
            "Machine",
            settings=settings,
            machine_type=sfn.StateMachineType.STANDARD,
            definition=_definition(settings),
            functions={
                "PlanImport": self._build_plan_import().function,
                "WriteChunk": self._build_write_chunk().function,
                "AuditChunk": self._build_audit_chunk().function,
                "FinishImport": self._build_finish_import().function,
            },
            what="An import",
        )
        self.machine = machine.machine
        self._allow_map(machine)

    def _build_plan_import(self) -> LambdaFunction:
        step = self._build_step(
            "PlanImport", "plan_import", "Reads the file once and cuts it into chunks.", whole_file=True
        )
        self._data.imports.allow(step.role, read=["uploads/*"], write=["imports/*"])
        if self._settings.import_sources:
            others = [
                f"arn:{Stack.of(self).partition}:s3:::{name}/*" for name in self._settings.import_sources
            ]
            step.role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=others))
            Validations.of(step).acknowledge(
                *(
                    Acknowledgment(
                        id=f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{name}/*]",
                        reason="The deployment's context names this bucket as an import source.",
                    )
                    for name in self._settings.import_sources
                )
            )
        return step

    def _build_write_chunk(self) -> LambdaFunction:
        users = self._data.users
        step = self._build_step("WriteChunk", "write_chunk", "Decides and commits the rows of a chunk.")
        step.function.add_environment("USERS_TABLE", users.table.table_name)
        users.allow_changes(step.role)
        self._data.imports.allow(
            step.role, read=["imports/*"], write=["imports/*/written/*"], find="imports/"
        )
        return step

    def _build_audit_chunk(self) -> LambdaFunction:
        ledger = self._data.ledger
        step = self._build_step(
            "AuditChunk", "audit_chunk", "Delivers a chunk's records to the ledger and answers its rows."
        )
        step.function.add_environment("LEDGER_TABLE", ledger.table.table_name)
        ledger.allow(step.role, "dynamodb:PutItem")
        self._data.imports.allow(
            step.role, read=["imports/*"], write=["imports/*/results/*", "imports/*/progress/*"]
        )
        return step

    def _build_finish_import(self) -> LambdaFunction:
        step = self._build_step(
            "FinishImport",
            "finish_import",
            "Merges the answers of an import into one report.",
            whole_file=True,
        )
        reports = ["imports/*/report.csv", "imports/*/failed.*", "imports/*/summary.json"]
        self._data.imports.allow(step.role, read=["imports/*"], write=reports)
        return step

    def _build_step(
        self, name: str, module: str, description: str, *, whole_file: bool = False
    ) -> LambdaFunction:
        return LambdaFunction(
            self,
            name,
            settings=self._settings,
            handler=f"registrar.imports.handlers.{module}.handler",
            code=self._code.with_requirements,
            description=description,
            environment={"IMPORT_BUCKET": self._data.imports.bucket.bucket_name},
            timeout=WHOLE_FILE if whole_file else CHUNK,
            memory_size=self._settings.import_memory_size,
            disk=Size.gibibytes(6) if whole_file else None,
        )

    def _allow_map(self, machine: StateMachine) -> None:
        """Allow the machine to run its chunks as executions of itself, read their list, and redrive them.

        https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        """
        self._data.imports.allow(machine.role, read=["imports/*/manifest.json"])
        patterns = (":*", "/*")
        # A separate policy: the machine depends on its role's default policy, and this one names the machine.
        policy = iam.Policy(
            self,
            "MapPolicy",
            roles=[machine.role],
            statements=[
                iam.PolicyStatement(
                    actions=["states:StartExecution"], resources=[machine.machine.state_machine_arn]
                ),
                iam.PolicyStatement(
                    actions=["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"],
                    resources=[executions_of(machine.machine, pattern) for pattern in patterns],
                ),
            ],
        )
        reason = "A distributed map runs its chunks as executions with generated names."
        Validations.of(policy).acknowledge(
            *(executions_acknowledgment(machine.machine, pattern, reason) for pattern in patterns)
        )


def _definition(settings: StageSettings) -> str:
    """Return the definition with the stage's limit of concurrent chunks."""
    definition = json.loads((DEFINITIONS / "import_users.asl.json").read_text(encoding="utf-8"))
    definition["States"]["ApplyChunks"]["MaxConcurrency"] = settings.import_chunks_at_once
    return json.dumps(definition, indent=2)
