"""The routes of imports: get an upload URL, start an import, read its status."""

import json
import uuid
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from registrar.api import resources
from registrar.api.models import ImportAccepted, ImportStatus, Upload
from registrar.api.problems import Refused, invalid
from registrar.api.requests import NoParameters, actor_of, body_of, parameters_of, refuse_actor, unquoted
from registrar.api.responses import RETRY_AFTER, json_response
from registrar.domain import limits
from registrar.domain.errors import ImportRefused, Problem
from registrar.domain.request import without_session
from registrar.imports.adapters.import_store import UPLOADS, ImportStore
from registrar.imports.domain.plan import Plan, progress_json
from registrar.imports.domain.request import ImportRequest, UploadRequest, checked

LINK_SECONDS: Final = 900
RUNNING: Final = "RUNNING"

router = APIGatewayHttpRouter()


@router.post("/uploads")
def post_upload() -> Response[str]:
    """Return an address that takes a file of one size, and the key under which an import finds it then."""
    try:
        wanted = checked(UploadRequest, body_of(router.current_event))
    except ImportRefused as refused:
        raise invalid(*refused.problems) from None
    key = f"{UPLOADS}{uuid.uuid4().hex}.{wanted.format}"
    url = resources.objects().link_to_write(key, wanted.bytes, LINK_SECONDS)
    return json_response(HTTPStatus.CREATED, Upload(key=key, url=url, seconds=LINK_SECONDS))


@router.post("/imports")
def post_import() -> Response[str]:
    """Start an import."""
    event = router.current_event
    body = body_of(event)
    refuse_actor(body)
    import_id = _import_id(event.headers.get("idempotency-key"))
    request = {**body, "actor": actor_of(event)}
    try:
        checked(ImportRequest, request).file_format()
    except ImportRefused as refused:
        raise invalid(*refused.problems) from None
    if not resources.imports.start(import_id, request):
        started = resources.imports.find(import_id)
        if started is None or without_session(json.loads(started.input)) != without_session(request):
            message = "was used for another import; choose a new one"
            raise Refused(
                "import_id_reused", Problem("import_id_reused", "/headers/Idempotency-Key", message)
            )
    return _accepted(import_id)


def _accepted(import_id: str) -> Response[str]:
    """Answer where an import is found; one that was started before may have ended."""
    store = ImportStore(resources.objects(), import_id)
    known = _status(store, store.plan()) or {}
    status = known.get("status", RUNNING)
    headers = {"Location": f"/imports/{import_id}"}
    if status == RUNNING:
        headers |= RETRY_AFTER
    body = ImportAccepted.model_construct(import_id=import_id, status=status)
    return json_response(HTTPStatus.ACCEPTED if status == RUNNING else HTTPStatus.OK, body, headers)


@router.get("/imports/<import_id>")
def get_import(import_id: str) -> Response[str]:
    """Say how far an import is, and in the end how it went."""
    parameters_of(router.current_event, NoParameters)
    status = None
    if limits.is_import_id(import_id):
        store = ImportStore(resources.objects(), import_id)
        status = _status(store, store.plan())
    if status is None:
        raise Refused("not_found", detail="nothing is known of this import")
    return json_response(HTTPStatus.OK, ImportStatus.model_construct(**status))


def _import_id(key: str | None) -> str:
    if key is None:
        return uuid.uuid4().hex
    key = unquoted(key)
    if not limits.is_import_id(key):
        raise invalid(
            Problem("bad_format", "/headers/Idempotency-Key", limits.WORDS[limits.IMPORT_ID_PATTERN])
        )
    return key


def _status(store: ImportStore, plan: Plan | None) -> dict[str, Any] | None:
    summary = store.summary_json()
    running = None
    if summary is None:
        execution = resources.imports.find(store.import_id)
        running = execution.status if execution else None
        if running == "SUCCEEDED":
            # It has ended between the two reads, or its objects have expired.
            summary = store.summary_json()
            if summary is None:
                raise Refused("not_found", detail="its report has expired")
    if summary is not None:
        return {**summary, **({} if plan is None else _links(store, plan))}
    if running is None:
        return None
    known: dict[str, Any] = {"import_id": store.import_id, "status": running, "errors": []}
    if plan is None:
        return known
    return {**known, **progress_json(plan, store.progress())}


def _links(store: ImportStore, plan: Plan) -> dict[str, str]:
    keys = {"report_url": store.report_key, "failed_url": store.failed_key(plan.format)}
    return {name: resources.objects().link_to_read(key, LINK_SECONDS) for name, key in keys.items()}
