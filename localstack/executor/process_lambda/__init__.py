"""Runs LocalStack's Lambda functions as plain processes, and repairs LocalStack where needed."""
