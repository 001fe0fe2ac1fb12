"""Which tickets report the same thing: detect, link, unlink."""
