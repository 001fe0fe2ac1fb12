"""A call of a model, as the store records it."""

from deskhand.store.calls import Call

CALL = Call(
    provider="openai",
    model="m",
    prompt="classify",
    prompt_version="v1",
    latency_ms=1200,
    requests=1,
    input_tokens=100,
    output_tokens=10,
    cost_usd=0.002,
    outcome="ok",
    cached=False,
    fallback=False,
    reply="It is blue.",
    reply_days=30,
)
