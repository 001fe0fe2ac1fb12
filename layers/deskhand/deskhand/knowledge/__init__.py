"""Knowledge articles: stored in sections, searched, and used as sources for a ticket."""
