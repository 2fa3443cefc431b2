"""One module a Lambda function: parse the event, call the domain, map the errors. No rule lives here."""
