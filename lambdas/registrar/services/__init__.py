"""Use cases of the functions, over protocols: no AWS here, and no rule about a change."""
