"""How many of the numbers of a set are found."""

import re

from deskhand.safety.personal_data.finding import find

# What a sentence says before a number, from most to least; some countries' numbers have four
# digits, which without a word for them are any number.
LEADS = {
    "label": ("Phone: {}", 0.98),
    "called": ("Please call me at {} before noon.", 0.93),
    "bare": ("My laptop is dead. {} Thanks, Ann", 0.73),
}


def found_whole(lead: str, number: str) -> bool:
    """True when every digit of the number is found."""
    text = lead.format(number)
    start = text.index(number)
    covered = {place for found in find(text) for place in range(found.start, found.end)}
    return {start + digit.start() for digit in re.finditer(r"\d", number)} <= covered


def recall(lead: str, numbers: list[str]) -> float:
    return sum(found_whole(lead, number) for number in numbers) / len(numbers)
