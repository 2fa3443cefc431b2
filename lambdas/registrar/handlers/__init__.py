"""One module for each Lambda function: parse the event, call one service, map the errors. No rule is here.

``stream`` reads the events of the functions that consume streams.
"""
