"""The catalog's phrases as vectors."""

import numpy as np

from deskhand.catalog.model import Catalog, CatalogPhrases
from deskhand.settings.embedder import EMBEDDED, of_name
from deskhand.similarity.built_in import Floats, embed


def embed_phrases(catalog: Catalog, model: str = EMBEDDED.name) -> CatalogPhrases:
    """The catalog's phrases with their vectors by that built-in model."""
    items = catalog.phrases()
    vectors = embed(model, [phrase.text for phrase in items])
    return CatalogPhrases(items, vectors.astype("<f4").tobytes(), model)


def matrix(phrases: CatalogPhrases) -> Floats:
    """The phrases' vectors as rows, in the order of `phrases.items`."""
    return (
        np.frombuffer(phrases.vectors, "<f4")
        .reshape(-1, of_name(phrases.model).dimensions)
        .astype(np.float32)
    )
