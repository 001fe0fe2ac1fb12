"""The catalog's phrases as vectors."""

import numpy as np

from deskhand.catalog.model import Catalog, CatalogPhrases
from deskhand.similarity.adapters.minilm import DIMENSIONS, Floats, embed


def embed_phrases(catalog: Catalog) -> CatalogPhrases:
    """The catalog's phrases with their vectors."""
    items = catalog.phrases()
    vectors = embed([phrase.text for phrase in items])
    return CatalogPhrases(items, vectors.astype("<f4").tobytes())


def matrix(phrases: CatalogPhrases) -> Floats:
    """The phrases' vectors as rows, in the order of `phrases.items`."""
    return np.frombuffer(phrases.vectors, "<f4").reshape(-1, DIMENSIONS).astype(np.float32)
