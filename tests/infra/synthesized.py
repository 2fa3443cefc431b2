"""A stage synthesized in this process, and its cloud assembly read back as CloudFormation would see it."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from app import add_stacks
from infra.settings import StageSettings

STEPS = ("ValidateChange", "WriteChange", "AuditChange", "AuditRejection")
IMPORT_STEPS = tuple(
    f"ImportUsers/{name}" for name in ("PlanImport", "WriteChunk", "AuditChunk", "FinishImport")
)
WHOLE_FILE = ("ImportUsers/PlanImport", "ImportUsers/FinishImport")
FUNCTIONS = (*STEPS, *IMPORT_STEPS, "Guard", "Projection", "Http/Answer")
CONSUMERS = {"Guard": "NewReceipts", "Projection": "NewRecords"}
CHANGE_MACHINES = ("UserChange", "UserChangeExpress")
IMPORT_MACHINE = "ImportUsers/Machine"
MACHINES = (*CHANGE_MACHINES, IMPORT_MACHINE)
STACKS = ("Data", "Workflow")
CONTEXT = json.loads((Path(__file__).parents[2] / "cdk.json").read_text())["context"]


@dataclass(frozen=True)
class Stage:
    """A synthesized stage.

    Attributes:
        directory: the cloud assembly.
        findings: what cdk-nag found and nobody acknowledged, as (rule, path of the construct in its stack).
    """

    settings: StageSettings
    directory: Path
    findings: frozenset[tuple[str, str]]

    def stack(self, name: str) -> str:
        return f"Registrar-{self.settings.name}-{name}"

    def template_file(self, stack: str) -> Path:
        return self.directory / f"{self.stack(stack)}.template.json"

    def template(self, stack: str) -> dict[str, Any]:
        return read(self.template_file(stack))

    def manifest(self) -> dict[str, Any]:
        return read(self.directory / "manifest.json")

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Every resource of a CloudFormation type, by the path of its construct: `Users/Table`, say."""
        found = {}
        for stack in STACKS:
            for resource in self.template(stack)["Resources"].values():
                if resource["Type"] == kind:
                    found[path_of(resource)] = resource
        return found

    def named(self, value: Any) -> Any:
        """Replace each reference to a resource by its path, and to an attribute by `path.name`."""
        if isinstance(value, list):
            return [self.named(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        match value:
            case {"Fn::GetAtt": [logical_id, "Arn"]} | {"Ref": logical_id} if self._path(logical_id):
                return self._path(logical_id)
            case {"Fn::GetAtt": [logical_id, attribute]} if self._path(logical_id):
                return f"{self._path(logical_id)}.{attribute}"
            case {"Fn::ImportValue": export}:
                outputs = self.template("Data")["Outputs"].values()
                return next(self.named(o["Value"]) for o in outputs if o.get("Export") == {"Name": export})
        return {name: self.named(inner) for name, inner in value.items()}

    def _path(self, logical_id: str) -> str | None:
        for stack in STACKS:
            if logical_id in (resources := self.template(stack)["Resources"]):
                return path_of(resources[logical_id])
        return None

    def statements(self) -> list[tuple[str, dict[str, Any]]]:
        """Every statement of every IAM policy, with the path of the role that has it."""
        found = []
        for policy in self.resources("AWS::IAM::Policy").values():
            (role,) = self.named(policy["Properties"]["Roles"])
            document = policy["Properties"]["PolicyDocument"]
            found.extend((role, self.named(statement)) for statement in document["Statement"])
        return found

    def definition(self, machine: str) -> str:
        return self.resources("AWS::StepFunctions::StateMachine")[f"{machine}/StateMachine"]["Properties"][
            "DefinitionString"
        ]


def synthesize(settings: StageSettings, directory: Path) -> Stage:
    """Synthesize a stage into a folder, with cdk-nag looking on."""
    app = App(
        analytics_reporting=False,
        # The command line sets this one.
        context={**CONTEXT, "aws:cdk:enable-path-metadata": True},
        outdir=str(directory),
    )
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    add_stacks(app, settings)
    try:
        app.synth()
    except RuntimeError as error:  # jsii's own class for what JavaScript throws
        if "ValidationFailed" not in str(error):
            raise
    report = json.loads((directory / "validation-report.json").read_text())
    findings = frozenset(
        (violation["ruleName"], construct["constructPath"].split("/", 1)[1].removesuffix("/Resource"))
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    )
    return Stage(settings, directory, findings)


@functools.cache
def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def path_of(resource: dict[str, Any]) -> str:
    """The path of a resource's construct inside its stack."""
    # The construct of a permission carries the names of the stacks.
    path = resource["Metadata"]["aws:cdk:path"].partition(".ApiScoped.")[0].split("/")[1:]
    return "/".join(path[:-1] if path[-1] == "Resource" else path)


def listed(value: Any) -> list[Any]:
    """CloudFormation writes a list of one as its element."""
    return value if isinstance(value, list) else [value]
