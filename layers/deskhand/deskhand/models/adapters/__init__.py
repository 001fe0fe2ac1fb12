"""The providers' own wire formats: OpenAI, Ollama, Bedrock."""
