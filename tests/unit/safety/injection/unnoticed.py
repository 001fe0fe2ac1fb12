"""The attacks that no rule notices."""

# Known gaps, kept here so that a lost sign is noticed. None of them gets further for it: see
# test_containment.
UNNOTICED = {
    "subtle-examples", "novel-morse", "novel-emoji", "novel-pinyin", "unseen-en_polite",
    "unseen-en_forget", "unseen-en_boss", "unseen-de2", "unseen-send",
}  # fmt: skip
