"""Clients and adapters of the routes, made once a function."""

from functools import cache

from registrar.adapters import dynamodb, executions
from registrar.adapters.counters import Counters
from registrar.adapters.environment import Environment
from registrar.adapters.executions import Executions
from registrar.adapters.listing import Listing
from registrar.adapters.store import Store
from registrar.adapters.trail import Trail
from registrar.imports.adapters.objects import Objects, make_client

environment = Environment.read()
_dynamodb = dynamodb.make_client()
_states = executions.make_client()
store = Store(_dynamodb, environment.users_table, environment.ledger_table)
trail = Trail(_dynamodb, environment.ledger_table)
listing = Listing(_dynamodb, environment.users_table)
counters = Counters(_dynamodb, environment.counters_table)
changes = Executions(_states, environment.standard_machine, environment.express_machine)
imports = Executions(_states, environment.import_machine)


@cache
def objects() -> Objects:
    """Return the import bucket; its client is made for the first request about an import, and no earlier."""
    return Objects(make_client(), environment.import_bucket)
