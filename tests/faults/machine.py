"""The deployed state machine over copies of the deployed functions that die at planned calls."""

import io
import json
import shlex
import sys
import uuid
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.code_asset import copy_code
from local.deploy import Outputs
from tests.e2e.registrar import Registrar, registrar_of
from tests.faults import runtime
from tests.faults.runtime import Journal

BOOTSTRAP = """#!/bin/sh
unset PYTHONHOME
PYTHONPATH={checkout} exec {python} {runtime}
"""


@dataclass(frozen=True)
class FaultyMachine:
    """Both machines over the dying functions, on the deployed tables.

    Attributes:
        folder: where plans and journals are.
    """

    standard: Registrar
    express: Registrar
    folder: Path

    def journal(self, change_id: str) -> Journal:
        return Journal(self.folder, change_id)


def deploy(outputs: Outputs, directory: Path) -> FaultyMachine:
    """Copy the deployed functions and machines, with the dying runtime under the same code."""
    plans = directory / "faults"
    plans.mkdir()
    machines = {kind: registrar_of(outputs, kind) for kind in ("standard", "express")}
    states, functions = outputs.client("stepfunctions"), outputs.client("lambda")
    code = code_with_runtime(directory / "code")
    copies: dict[str, str] = {}
    faulty = {}
    for kind, machine in machines.items():
        deployed = states.describe_state_machine(stateMachineArn=machine.machine)
        definition = deployed["definition"]
        for state in json.loads(definition)["States"].values():
            arn = state["Resource"]
            copies[arn] = copies.get(arn) or copy_function(functions, arn, code, plans)
            definition = definition.replace(arn, copies[arn])
        made = states.create_state_machine(
            name=f"Faulty-{uuid.uuid4().hex[:8]}",
            definition=definition,
            roleArn=deployed["roleArn"],
            type=deployed["type"],
        )
        faulty[kind] = replace(machine, machine=made["stateMachineArn"])
    return FaultyMachine(faulty["standard"], faulty["express"], plans)


def copy_function(functions: Any, arn: str, code: bytes, plans: Path) -> str:
    """Create a function like a deployed one, on the dying runtime; return its ARN."""
    deployed = functions.get_function_configuration(FunctionName=arn)
    made = functions.create_function(
        FunctionName=f"Faulty-{uuid.uuid4().hex[:8]}",
        Runtime=deployed["Runtime"],
        Role=deployed["Role"],
        Handler=deployed["Handler"],
        Timeout=deployed["Timeout"],
        MemorySize=deployed["MemorySize"],
        Code={"ZipFile": code},
        Environment={"Variables": {**deployed["Environment"]["Variables"], "FAULTS": str(plans)}},
    )
    return str(made["FunctionArn"])


def code_with_runtime(directory: Path) -> bytes:
    """Return the functions' code with a bootstrap that starts the dying runtime, as an archive."""
    copy_code(directory)
    bootstrap = directory / "bootstrap"
    bootstrap.write_text(
        BOOTSTRAP.format(
            checkout=shlex.quote(str(Path(__file__).parents[2])),
            python=shlex.quote(sys.executable),
            runtime=shlex.quote(runtime.__file__),
        )
    )
    bootstrap.chmod(0o755)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        for file in sorted(directory.rglob("*")):
            files.write(file, file.relative_to(directory))
    return archive.getvalue()
