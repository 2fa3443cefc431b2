"""What the functions are made of, as it lies in the cloud assembly."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from infra.code_asset import CODE, BundlingError, install_requirements
from tests.infra.synthesized import FUNCTIONS, IMPORT_STEPS, Stage, read

NEEDS_PYDANTIC = {"ValidateChange", "AuditRejection", "Http/Answer", *IMPORT_STEPS}
NEEDS_POWERTOOLS = {"Http/Answer"}


def asset(stage: Stage, name: str) -> Path:
    """The folder of a function's code."""
    function = stage.resources("AWS::Lambda::Function")[f"{name}/Function"]
    key = function["Properties"]["Code"]["S3Key"].removesuffix(".zip")
    files = read(stage.directory / f"{stage.stack('Workflow')}.assets.json")["files"]
    return stage.directory / files[key]["source"]["path"]


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_every_function_carries_the_code_and_its_handler(stage: Stage):
    code = {str(path.relative_to(CODE)) for path in CODE.rglob("*.py")}
    for name in FUNCTIONS:
        folder = asset(stage, name)
        handler = stage.resources("AWS::Lambda::Function")[f"{name}/Function"]["Properties"]["Handler"]
        module, function = handler.rsplit(".", 1)
        assert code <= names(folder)
        assert f"def {function}(" in (folder / f"{module.replace('.', '/')}.py").read_text()


def test_only_the_functions_that_see_raw_requests_carry_pydantic(stages: dict[str, Stage]):
    for name in FUNCTIONS:
        files = names(asset(stages["prod"], name))
        assert ("pydantic/__init__.py" in files) is (name in NEEDS_PYDANTIC)
        assert ("aws_lambda_powertools/__init__.py" in files) is (name in NEEDS_POWERTOOLS)
        if name not in NEEDS_PYDANTIC:
            code = {str(path.relative_to(CODE)) for path in CODE.rglob("*.py")}
            assert files == {*code, "registrar/imports/adapters/prices.json"}


def test_compiled_requirements_are_for_lambda_s_machine_and_python(stages: dict[str, Stage]):
    compiled = {Path(name).name for name in names(asset(stages["prod"], "ValidateChange")) if ".so" in name}
    assert compiled
    assert all(name.endswith(".cpython-313-aarch64-linux-gnu.so") for name in compiled)


def test_dev_and_prod_carry_the_same_bytes(stages: dict[str, Stage]):
    for name in FUNCTIONS:
        assert asset(stages["dev"], name).name == asset(stages["prod"], name).name


@pytest.mark.skipif(platform.system() == "Windows", reason="the bootstrap is a shell script, as on Lambda")
def test_the_local_bootstrap_starts_the_python_that_synthesizes(stages: dict[str, Stage]):
    bootstrap = asset(stages["local"], "WriteChange") / "bootstrap"
    assert f"exec {sys.executable} -m awslambdaric" in bootstrap.read_text()
    # Without a Lambda to talk to, Amazon's client says which variable it misses.
    done = subprocess.run([bootstrap], capture_output=True, text=True, check=False, env={})
    assert "AWS_LAMBDA_RUNTIME_API" in done.stderr


def test_requirements_that_cannot_be_had_are_named(tmp_path: Path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"nothing-of-that-name==1.0 --hash=sha256:{'0' * 64}\n--no-index\n")
    with pytest.raises(BundlingError, match="nothing-of-that-name"):
        install_requirements(tmp_path / "target", requirements)
