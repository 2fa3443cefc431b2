"""The HTTP API: read a request, call a state machine or an adapter, write the response. No rule is here."""
