"""Finding personal data in ticket text: e-mail, phone, card, account and IP numbers, names."""
