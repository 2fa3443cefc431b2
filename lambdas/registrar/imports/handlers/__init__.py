"""One module for each Lambda function of an import: parse the event, call one service. No rule is here."""
