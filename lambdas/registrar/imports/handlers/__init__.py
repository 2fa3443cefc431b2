"""One module for each function of an import: parse the event, call one service, map errors."""
