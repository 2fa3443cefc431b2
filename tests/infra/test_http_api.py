"""The HTTP API: its routes are the document's, and every route but /health needs authorization."""

import importlib
import json
import logging
import re
from collections.abc import Mapping

import pytest

from infra.http_api import OPENAPI
from infra.settings import SettingsError, stage_settings
from registrar.domain.errors import TransientFault
from tests.infra.synthesized import Stage, synthesize


def routes(stage: Stage) -> dict[str, dict]:
    found = (route["Properties"] for route in stage.resources("AWS::ApiGatewayV2::Route").values())
    return {route["RouteKey"]: route for route in found}


def test_there_is_a_route_for_each_operation_of_the_document_and_one_for_the_rest(stage: Stage):
    operations = {
        f"{method.upper()} {path}"
        for path, methods in json.loads(OPENAPI.read_text())["paths"].items()
        for name in methods
        for method in (["get", "head"] if name == "get" else [name])
    }
    assert set(routes(stage)) == {*operations, "$default"}
    (integration,) = stage.resources("AWS::ApiGatewayV2::Integration").values()
    assert stage.named(integration["Properties"]["IntegrationUri"]) == "Http/Answer/Function"
    assert integration["Properties"]["PayloadFormatVersion"] == "2.0"


def test_a_request_must_be_signed_but_for_health(stage: Stage):
    kinds = {key: route["AuthorizationType"] for key, route in routes(stage).items()}
    assert {kinds.pop(f"{method} /health") for method in ("GET", "HEAD")} == {"NONE"}
    assert set(kinds.values()) == {"AWS_IAM"}


def test_with_an_issuer_a_request_must_carry_its_token(tmp_path_factory: pytest.TempPathFactory):
    settings = stage_settings("prod", jwt_issuer="https://issuer.example", jwt_audience="registrar")
    stage = synthesize(settings, tmp_path_factory.mktemp("tokens"))
    kinds = {key: route["AuthorizationType"] for key, route in routes(stage).items()}
    assert {kinds.pop(f"{method} /health") for method in ("GET", "HEAD")} == {"NONE"}
    assert set(kinds.values()) == {"JWT"}
    (authorizer,) = stage.resources("AWS::ApiGatewayV2::Authorizer").values()
    configuration = {"Audience": ["registrar"], "Issuer": "https://issuer.example"}
    assert authorizer["Properties"]["JwtConfiguration"] == configuration


@pytest.mark.parametrize("given", [{"jwt_issuer": "https://issuer.example"}, {"jwt_audience": "registrar"}])
def test_an_issuer_without_an_audience_is_refused(given: dict[str, str]):
    with pytest.raises(SettingsError, match="jwt_issuer and jwt_audience go together"):
        stage_settings("prod", **given)


def test_the_stage_is_throttled_and_logs_neither_path_nor_caller(stage: Stage):
    (api_stage,) = stage.resources("AWS::ApiGatewayV2::Stage").values()
    properties = api_stage["Properties"]
    limits = properties["DefaultRouteSettings"]
    assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == (
        stage.settings.api_rate,
        stage.settings.api_burst,
    )
    logged = json.loads(properties["AccessLogSettings"]["Format"])
    told = json.dumps(logged).lower()
    assert not [word for word in ("path", "identity", "ip", "agent", "query", "claims") if f".{word}" in told]
    assert stage.named(properties["AccessLogSettings"]["DestinationArn"]) == "Http/AccessLogs"


def test_only_what_is_internal_raises_the_alarm_of_internal_errors(
    stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    (filtered,) = stage.resources("AWS::Logs::MetricFilter").values()
    properties = stage.named(filtered["Properties"])
    assert properties["LogGroupName"] == "Http/Answer/Logs"
    (made,) = properties["MetricTransformations"]
    assert made["MetricValue"] == "1"
    assert "Dimensions" not in made  # of a dimension's values each would be a metric of its own
    alarm = stage.resources("AWS::CloudWatch::Alarm")["Http/InternalErrorAlarm/Alarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (made["MetricNamespace"], made["MetricName"])
    # The names of `logging` are what Lambda's JSON logs give as `level`.
    loud = set(re.findall(r'\$\.level = "([A-Z]+)"', properties["FilterPattern"]))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    app = importlib.import_module("registrar.api.app")
    assert app.give_up(KeyError("what")).status_code == 500
    assert app.retry_later(TransientFault("busy")).status_code == 503
    assert [record.levelname in loud for record in caplog.records] == [True, False]
    assert {logging.getLevelName(level) for level in (logging.ERROR, logging.CRITICAL)} == loud


def test_a_documented_503_raises_an_alarm_only_with_many_others(stages: Mapping[str, Stage]):
    for name, stage in stages.items():
        alarms = stage.resources("AWS::CloudWatch::Alarm")
        alone = {alarm["Properties"].get("MetricName") for alarm in alarms.values()}
        assert not {"5xx", "5XXError"} & alone
        assert (
            ("Http/ServerErrorRateAlarm/Alarm" in alarms) == stage.settings.metric_math == (name != "local")
        )
    alarm = stages["prod"].resources("AWS::CloudWatch::Alarm")["Http/ServerErrorRateAlarm/Alarm"][
        "Properties"
    ]
    rate, *metrics = alarm["Metrics"]
    counted = {
        metric["Id"]: (each["Metric"]["MetricName"], each["Stat"], each["Period"])
        for metric in metrics
        for each in [metric["MetricStat"]]
    }
    assert counted == {"errors": ("5xx", "Sum", 300), "requests": ("Count", "Sum", 300)}
    least, percent = map(int, re.findall(r"\b\d+\b", rate["Expression"])[:2])
    assert rate["Expression"] == f"IF(errors >= {least}, {percent} * errors / requests, 0)"
    # Two calls that fail, each sent four times, wake nobody; when all fail, ten answers are enough.
    assert (least, percent, alarm["Threshold"]) == (10, 100, 5)
    assert alarm["TreatMissingData"] == "notBreaching"


def test_no_other_origin_is_let_in(stage: Stage):
    (api,) = stage.resources("AWS::ApiGatewayV2::Api").values()
    assert "CorsConfiguration" not in api["Properties"]


def test_the_function_ends_before_the_gateway_gives_up(stage: Stage):
    assert stage.resources("AWS::Lambda::Function")["Http/Answer/Function"]["Properties"]["Timeout"] < 30
