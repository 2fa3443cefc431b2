"""The code assets of the Lambda functions."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from infra.settings import FunctionRuntime

CODE = Path(__file__).parents[1] / "lambdas"
REQUIREMENTS = CODE / "requirements.txt"
API_REQUIREMENTS = CODE / "requirements-api.txt"
NOT_CODE = ("requirements*", "__pycache__", "*.pyc", ".*")

# Lambda's runtime, for which the dependencies' wheels are chosen.
PYTHON_VERSION = "3.13"
PYTHON_PLATFORM = "aarch64-manylinux2014"

# The working folder is the code's, on Lambda and on MiniStack; `-m` adds it to `sys.path`.
# Lambda sets the log variables of a managed runtime from `logging_format`; a custom runtime sets its own.
BOOTSTRAP = """#!/bin/sh
unset PYTHONPATH PYTHONHOME
export AWS_LAMBDA_LOG_FORMAT=JSON AWS_LAMBDA_LOG_LEVEL=INFO
exec {python} -m awslambdaric "$_HANDLER"
"""


class BundlingError(RuntimeError):
    """The functions' dependencies could not be installed; the message has uv's output."""


class CodeAssets:
    """The assets of one stage; functions share them."""

    def __init__(self, runtime: FunctionRuntime) -> None:
        """Define the assets for functions on `runtime`; an asset is built when it is first used."""
        if runtime is FunctionRuntime.LOCAL:
            self.plain = self.with_requirements = self.api = _bundled("local", LocalRuntimeBundling())
        else:
            self.plain = lambda_.Code.from_asset(str(CODE), exclude=[f"**/{pattern}" for pattern in NOT_CODE])
            self.with_requirements = _bundled("requirements", RequirementsBundling(REQUIREMENTS))
            self.api = _bundled("requirements-api", RequirementsBundling(API_REQUIREMENTS))


# jsii passes the options of `try_bundle` as one struct; the interface's stub declares keywords.
@jsii.implements(ILocalBundling)
class RequirementsBundling:
    """The code with its requirements beside it, as wheels for Lambda's Python on arm64."""

    def __init__(self, requirements: Path) -> None:
        self._requirements = requirements

    def try_bundle(self, output_dir: str, *_options: object, **_named: object) -> bool:
        """Fill `output_dir`.

        Raises:
            BundlingError: the requirements are neither in uv's cache nor available from the package index.
        """
        install_requirements(Path(output_dir), self._requirements)
        copy_code(Path(output_dir))
        return True


@jsii.implements(ILocalBundling)
class LocalRuntimeBundling:
    """The code with a `bootstrap` that runs it on the Python, and the packages, that synthesized it."""

    def try_bundle(self, output_dir: str, *_options: object, **_named: object) -> bool:
        """Fill `output_dir`."""
        copy_code(Path(output_dir))
        bootstrap = Path(output_dir, "bootstrap")
        bootstrap.write_text(BOOTSTRAP.format(python=shlex.quote(sys.executable)))
        bootstrap.chmod(0o755)
        return True


def copy_code(target: Path) -> None:
    """Copy the functions' code into `target`, without requirements files and caches."""
    shutil.copytree(CODE, target, ignore=shutil.ignore_patterns(*NOT_CODE), dirs_exist_ok=True)


def install_requirements(target: Path, requirements: Path) -> None:
    """Install `requirements` into `target`, from uv's cache or else from the package index.

    Raises:
        BundlingError: both failed.
    """
    # fmt: off
    command = [
        sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config", "--require-hashes",
        "--only-binary", ":all:", "--python-platform", PYTHON_PLATFORM, "--python-version", PYTHON_VERSION,
        "--link-mode", "copy", "--target", str(target), "--requirement", str(requirements),
    ]
    # fmt: on
    offline = _run([*command, "--offline"])
    online = _run(command) if offline.returncode else offline
    if online.returncode:
        raise BundlingError(
            f"could not install {requirements} for Lambda,"
            f" neither from uv's cache nor from the package index:\n{online.stderr.strip()}"
        )
    # Metadata of this machine and this run would change the asset's hash.
    for note in target.glob("*.dist-info/*"):
        if note.name in {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}:
            note.unlink()
    (target / ".lock").unlink(missing_ok=True)
    shutil.rmtree(target / "bin", ignore_errors=True)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed


def _bundled(kind: str, local: ILocalBundling) -> lambda_.Code:
    return lambda_.Code.from_asset(
        str(CODE),
        asset_hash_type=AssetHashType.OUTPUT,
        # No image is used: `local` bundles or raises. `command` separates the kinds in the CDK's asset cache.
        bundling=BundlingOptions(image=DockerImage.from_registry("none"), command=[kind], local=local),
    )
