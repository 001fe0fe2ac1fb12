"""Knowledge articles: stored in sections, searched, and read for a ticket."""
