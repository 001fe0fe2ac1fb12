"""Hostile and personal text: injection, personal data, a model's words, outbound addresses."""
