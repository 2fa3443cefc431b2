"""The HTTP API: read a request, call the machine or an adapter, write the answer. No rule lives here."""
