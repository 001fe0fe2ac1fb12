"""The API's reference: the table of its operations, the document made of it, and its page."""
