"""What the README shows is what happens, in the README's order."""

import csv
import json
import re
from pathlib import Path

from tests.integration.sample_requests import request

CHECKOUT = Path(__file__).parents[2]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
USE_IT = README.partition("## Use it")[2].partition("\n## ")[0]


def test_the_execution_that_is_started_directly_is_applied_after_all_that_stands_before_it(execute):
    before, start, after = USE_IT.partition("aws stepfunctions start-execution")
    created = re.search(r"registrar create --username (\S+) --email (\S+) --change-id (\S+)", before)
    username, email, change_id = created.groups()
    execute(request("create", "u-1", change_id=change_id, attributes={"username": username, "email": email}))
    (file,) = set(re.findall(r"registrar import (samples/\S+)", before))
    with (CHECKOUT / file).open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            attributes = {"username": row["username"], "email": row["email"]}
            execute(request("create", row["user_id"], attributes=attributes))
    name, given = re.search(r"--name (\S+) \\\n\s+--input '(.+)'", after).groups()
    answer = execute(json.loads(given), name)
    assert (answer["outcome"], answer["change_id"]) == ("APPLIED", name), (start, answer)
    assert f"registrar change {name} " in after
