"""One suite for all outside embedding models: what they are sent, and what their answer becomes."""

import json
from typing import Any

import numpy as np
import pytest

from deskhand.errors import ModelOutputInvalid, ModelRefused
from deskhand.similarity.adapters.remote import TEXT_BYTES
from deskhand.similarity.embedders import embed_texts
from tests.wire.models.faults import sends
from tests.wire.models.model_server import ModelServer
from tests.wire.similarity.conftest import Connect
from tests.wire.similarity.vectors import (
    complains,
    envelope,
    gives,
    gives_rows,
    refuses_above,
    sent,
)

# As the APIs say it.
TOO_LONG = {
    "openai": "This model's maximum context length is 512 tokens, however you requested 900 tokens",
    "ollama": "the input length exceeds the context length",
    "bedrock": "400 Bad Request: Too many input tokens. Max input tokens: 512, request: 900",
}


def provider(model: str) -> str:
    return model.partition(":")[0]


def test_a_text_becomes_a_row_of_unit_length(connect: Connect, model: str) -> None:
    with ModelServer(gives(lambda _: [3, -4.0])) as server:
        embedder = connect(server)
        rows = embedder.embed(["VPN"])
        assert embed_texts(embedder, ["VPN"]) == ["[0.6,-0.8]"]
    assert embedder.model == model
    assert rows.shape == (1, 2) and rows.dtype == np.float32
    assert rows[0].tolist() == pytest.approx([0.6, -0.8])


def test_nothing_is_asked_about_nothing(connect: Connect) -> None:
    with ModelServer(gives()) as server:
        embedder = connect(server)
        assert embed_texts(embedder, []) == []
        assert embedder.embed([]).shape == (0, 2)
        assert server.requests == []


WIRE: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": (
        "/v1/embeddings",
        {"model": "text-embedding-3-small", "dimensions": 2, "encoding_format": "float",
         "input": ["VPN"]},
    ),
    "ollama": (
        "/api/embed",
        {"model": "nomic-embed-text:v1.5", "dimensions": 2, "truncate": True, "input": ["VPN"]},
    ),
    "bedrock": (
        "/model/amazon.titan-embed-text-v2%3A0/invoke",
        {"dimensions": 2, "inputText": "VPN"},
    ),
}  # fmt: skip


def test_the_request_is_that_of_the_api(connect: Connect, model: str) -> None:
    with ModelServer(gives()) as server:
        connect(server).embed(["VPN"])
        path, headers, body = server.requests[0]
    assert (path, body) == WIRE[provider(model)]
    known = {"openai": "Bearer sk-secret", "bedrock": "AWS4-HMAC-SHA256 Credential=testing/"}
    assert (headers["Authorization"] or "").startswith(known.get(provider(model), ""))
    assert ("/eu-central-1/bedrock/" in (headers["Authorization"] or "")) == ("bedrock" in model)


def test_many_texts_keep_their_order_over_all_requests(connect: Connect, model: str) -> None:
    angles = np.linspace(0, np.pi, 150)
    texts = [f"text {number}" for number in range(150)]

    def turned(text: str) -> list[float]:
        angle = angles[int(text.split()[1])]
        return [float(np.cos(angle)), float(np.sin(angle))]

    with ModelServer(gives(turned)) as server:
        rows = connect(server).embed(texts)
        assert [text for request in sent(server) for text in request] == texts
        a_request = {"openai": 64, "ollama": 8, "bedrock": 1}[provider(model)]
        assert max(map(len, sent(server))) == a_request
        assert server.connections == 1
    assert np.allclose(rows, np.stack([np.cos(angles), np.sin(angles)], axis=1), atol=1e-6)


PERSONAL = {
    "jane.doe@example.com": "<EMAIL_1>",
    "DE89 3704 0044 0532 0130 00": "<IBAN_1>",
    "4111 1111 1111 1111": "<CARD_1>",
    "192.168.17.4": "<IP_1>",
    "+49 30 901820": "<PHONE_1>",
}


@pytest.mark.parametrize("said", PERSONAL)
@pytest.mark.parametrize("setting", ["true", "false"])
def test_no_personal_data_reaches_the_server(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, said: str, setting: str
) -> None:
    """F-E5: looked for in the bytes, and not for LLM_MASKING to allow."""
    monkeypatch.setenv("LLM_MASKING", setting)
    with ModelServer(gives()) as server:
        connect(server).embed([f"Write to {said} please.", "VPN", f"Again: {said}"])
        everything = b"".join(server.bodies)
        assert sent(server)[0][0] == f"Write to {PERSONAL[said]} please."
    for part in (said, said[3:], json.dumps(said)[1:-1]):
        assert part.encode() not in everything


def test_the_cut_leaves_no_piece_of_personal_data(connect: Connect) -> None:
    """F-E5: half an address is none that could be recognised, so it is masked before."""
    text = "x " * (TEXT_BYTES // 2 - 4) + "jane.doe@example.com called"
    with ModelServer(gives()) as server:
        connect(server).embed([text])
        assert b"jane" not in server.bodies[0]


@pytest.mark.parametrize("letter", ["x", "é", "語", "😀"])
def test_of_a_long_text_the_beginning_counts(connect: Connect, letter: str) -> None:
    with ModelServer(gives()) as server:
        connect(server).embed([letter * 20_000])
        [[text]] = sent(server)
    assert text.startswith(letter * 2_000)
    # What is left out is marked.
    assert set(text) <= {letter, *"\n[.]"}
    assert TEXT_BYTES - 4 < len(text.encode()) <= TEXT_BYTES


def test_half_a_surrogate_pair_is_no_obstacle(connect: Connect) -> None:
    with ModelServer(gives()) as server:
        connect(server).embed(["VPN \ud800 down"])
        assert sent(server) == [["VPN ? down"]]


def test_a_model_that_takes_less_gets_less_and_only_of_what_is_too_long(
    connect: Connect, model: str
) -> None:
    texts = ["VPN " * 600, "monitor " * 200, "y" * 30_000]
    with ModelServer(refuses_above(1_700, TOO_LONG[provider(model)])) as server:
        rows = connect(server).embed(texts)
        asked = {len(text) for texts in sent(server) for text in texts}
        assert len(server.requests) < 15
    assert {size for size in asked if size <= 1_700} == {1_600, 1_000}
    assert rows.argmax(axis=1).tolist() == [0, 1, 1]


def test_a_model_that_takes_nothing_is_not_asked_for_ever(connect: Connect, model: str) -> None:
    with ModelServer(complains(TOO_LONG[provider(model)])) as server:
        with pytest.raises(ModelRefused) as raised:
            connect(server).embed(["VPN " * 4_000])
        assert [len(text) for [text] in sent(server)] == [8_000, 4_000, 2_000, 1_000, 500, 250]
    assert str(raised.value) == f"{provider(model)} answered 400"


def test_another_refusal_is_final(connect: Connect) -> None:
    with ModelServer(complains("no such sk-secret thing")) as server:
        with pytest.raises(ModelRefused) as raised:
            connect(server).embed(["VPN"])
        assert len(server.requests) == 1
    assert "sk-secret" not in str(raised.value)


@pytest.mark.parametrize("model", ["openai:m@2", "bedrock:amazon.titan-embed-text-v1@2"])
def test_a_model_without_a_choice_of_dimensions_is_asked_without(
    connect: Connect, model: str
) -> None:
    refusal = "extraneous key [dimensions] is not permitted"
    with ModelServer(complains(refusal), gives()) as server:
        embedder = connect(server)
        embedder.embed(["VPN"])
        embedder.embed(["VPN"])
        asked = ["dimensions" in body for _, _, body in server.requests]
    assert asked == [True, False, False]


def test_a_refusal_of_dimensions_that_were_not_sent_is_final(connect: Connect, model: str) -> None:
    with ModelServer(complains("dimensions?")) as server:
        with pytest.raises(ModelRefused):
            connect(server).embed(["VPN"])
        assert len(server.requests) == (1 if provider(model) == "ollama" else 2)


@pytest.mark.parametrize("row", [[1.0], [1.0, 2.0, 3.0], []], ids=["fewer", "more", "none"])
def test_another_number_of_dimensions_is_named(
    connect: Connect, model: str, row: list[float]
) -> None:
    with ModelServer(gives_rows(row)) as server, pytest.raises(ModelOutputInvalid) as raised:
        connect(server).embed(["VPN"])
    assert str(raised.value) == f"{model}: vectors of {len(row)} numbers came, not of 2"


DIRECTIONLESS = {
    "zeros": [0, 0.0],
    "NaN": [float("nan"), 1],
    "infinite": [float("inf"), 1],
    "beyond all floats": [1e308, 1e308],
}


@pytest.mark.parametrize("row", DIRECTIONLESS.values(), ids=DIRECTIONLESS)
def test_a_vector_without_a_direction_is_refused(connect: Connect, row: list[float]) -> None:
    with (
        ModelServer(gives_rows(row)) as server,
        pytest.raises(ModelOutputInvalid, match="no direction"),
    ):
        connect(server).embed(["VPN"])


@pytest.mark.parametrize("model", ["openai:m@2", "ollama:m@2"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_vectors_is_refused(connect: Connect, model: str, count: int) -> None:
    with (
        ModelServer(gives_rows(*[[1, 0]] * count)) as server,
        pytest.raises(ModelOutputInvalid, match=f"{count} vectors came for 2 texts"),
    ):
        connect(server).embed(["VPN", "monitor"])


@pytest.mark.parametrize("model", ["openai:m@2"])
@pytest.mark.parametrize("indexes", [(0, 0), (1, 2), (-1, 0)])
def test_vectors_of_nobody_knows_which_text_are_refused(
    connect: Connect, model: str, indexes: tuple[int, int]
) -> None:
    answer = json.loads(envelope("/v1/embeddings", [[1, 0], [0, 1]]))
    for row, index in zip(answer["data"], indexes, strict=True):
        row["index"] = index
    with (
        ModelServer(sends(json.dumps(answer).encode())) as server,
        pytest.raises(ModelOutputInvalid, match="which vector"),
    ):
        connect(server).embed(["VPN", "monitor"])
