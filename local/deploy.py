"""The real `cdk bootstrap` and `cdk deploy`, pointed at the local AWS."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.ministack import REGION, LocalAwsError, clean_environment, client_environment, tail

CHECKOUT: Final = Path(__file__).parents[1]
ACCOUNT: Final = "000000000000"


@dataclass(frozen=True)
class Outputs:
    """What `outputs.json` says: the endpoint, the region and the stacks' outputs by their names."""

    endpoint: str
    region: str
    UserChangeStateMachineArn: str
    UserChangeExpressStateMachineArn: str
    UsersTableName: str
    LedgerTableName: str


def deploy(endpoint: str, directory: Path) -> Outputs:
    """Deploy the local stage and write ``outputs.json`` into the directory.

    Raises:
        LocalAwsError: the CDK failed; the message has the end of its output.
    """
    assembly = directory / "cdk.out"
    _cdk(endpoint, directory, "synth", "--quiet", "--context", "stage=local", "--output", str(assembly))
    _cdk(endpoint, directory, "bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app", str(assembly))
    stacks = directory / "stacks.json"
    # fmt: off
    _cdk(
        endpoint, directory, "deploy", "--all", "--app", str(assembly), "--require-approval", "never",
        "--outputs-file", str(stacks), "--output", str(assembly),
    )
    # fmt: on
    values = {
        name: value for stack in json.loads(stacks.read_text()).values() for name, value in stack.items()
    }
    named = {name: values[name] for name in Outputs.__dataclass_fields__ if name in values}
    outputs = Outputs(endpoint=endpoint, region=REGION, **named)
    (directory / "outputs.json").write_text(json.dumps(vars(outputs), indent=2) + "\n")
    return outputs


def read_outputs(directory: Path) -> Outputs:
    """Read back what ``deploy`` wrote.

    Raises:
        LocalAwsError: nothing was deployed here.
    """
    try:
        return Outputs(**json.loads((directory / "outputs.json").read_text()))
    except FileNotFoundError:
        raise LocalAwsError("the local AWS is not up; start it with `make up`") from None


def _cdk(endpoint: str, directory: Path, *arguments: str) -> None:
    log = directory / f"cdk-{arguments[0]}.log"
    environment = {
        **clean_environment(),
        **client_environment(endpoint),
        "CDK_HOME": str(directory / "cdk-home"),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        "CI": "true",
    }
    with log.open("wb") as output:
        done = subprocess.run(
            [CHECKOUT / "node_modules/.bin/cdk", *arguments, "--no-notices", "--no-color"],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise LocalAwsError(f"`cdk {arguments[0]}` failed; its output {log} closes with:\n{tail(log)}")
