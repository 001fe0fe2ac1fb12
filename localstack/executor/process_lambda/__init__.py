"""LocalStack's Lambda functions as plain processes, and repairs of what stands in the way."""
