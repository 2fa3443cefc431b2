"""The real `cdk bootstrap` and `cdk deploy`, pointed at the local AWS."""

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config

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
    CountersTableName: str
    ImportUsersStateMachineArn: str
    ImportBucketName: str
    EventBusName: str
    ApiUrl: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Make a boto3 client of this local AWS, whatever profile or region the shell has."""
        return client(service, self.endpoint)


def client(service: str, endpoint: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """Make a boto3 client of a local endpoint, with dummy credentials."""
    # The sync- of StartSyncExecution's host does not resolve locally.
    config = Config(inject_host_prefix=False, max_pool_connections=64)
    session = boto3.Session("test", "test", region_name=REGION)
    return session.client(service, endpoint_url=endpoint, config=config)  # type: ignore[call-overload]


def deploy(endpoint: str, directory: Path) -> Outputs:
    """Deploy the local stage and write ``outputs.json`` into the directory.

    Where ``CDK_ASSEMBLY`` names what ``cdk synth`` has made before, that is deployed; else it is made now.

    Raises:
        LocalAwsError: the CDK failed; the message has the end of its output.
    """
    own, stacks = directory / "cdk.out", directory / "stacks.json"
    # Outside the checkout's top level, the CDK finds no cdk.json and synthesizes nothing a second time.
    bootstrap = ("bootstrap", f"aws://{ACCOUNT}/{REGION}")
    with ThreadPoolExecutor() as both:
        booted = both.submit(_cdk, endpoint, directory, *bootstrap, cwd=directory)
        made = os.environ.get("CDK_ASSEMBLY")
        if made is None:
            synth = ("synth", "--quiet", "--context", "stage=local", "--output", str(own))
            _cdk(endpoint, directory, *synth, cwd=CHECKOUT)
        else:
            # The CDK writes into it as it deploys.
            shutil.copytree(CHECKOUT / made, own, dirs_exist_ok=True)
        booted.result()
    # fmt: off
    _cdk(
        endpoint, directory, "deploy", "--all", "--app", str(own), "--method", "direct",
        "--require-approval", "never", "--outputs-file", str(stacks), cwd=directory,
    )
    # fmt: on
    values = {
        name: value for stack in json.loads(stacks.read_text()).values() for name, value in stack.items()
    }
    # AWS gives each API a host of its own; here they share one, and the name in the host becomes a path.
    api_id = values["ApiUrl"].partition("://")[2].partition(".")[0]
    values["ApiUrl"] = f"{endpoint}/_aws/execute-api/{api_id}/$default"
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


def _cdk(endpoint: str, directory: Path, *arguments: str, cwd: Path) -> None:
    log = directory / f"cdk-{arguments[0]}.log"
    environment = {
        **clean_environment(),
        **client_environment(endpoint),
        "CDK_HOME": str(directory / "cdk-home"),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20,22",
        "CI": "true",
    }
    with log.open("wb") as output:
        done = subprocess.run(
            [CHECKOUT / "node_modules/.bin/cdk", *arguments, "--no-notices", "--no-color"],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise LocalAwsError(f"`cdk {arguments[0]}` failed; its output {log} closes with:\n{tail(log)}")
