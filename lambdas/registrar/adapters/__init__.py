"""Adapters: DynamoDB, EventBridge, Step Functions, the clock and randomness."""
