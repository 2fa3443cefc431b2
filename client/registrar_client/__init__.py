"""The client of Registrar: the command `registrar`, and the checker behind `registrar check`."""
