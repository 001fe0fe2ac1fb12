"""Changes by people: edit, correct and delete tickets."""
