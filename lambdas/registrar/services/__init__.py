"""What the functions do, over protocols: no AWS, and no rule about a change."""
