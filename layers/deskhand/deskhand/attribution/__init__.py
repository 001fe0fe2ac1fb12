"""Attribution: reads the helpdesk's requests, sorts them by the catalog in batches, run by run."""
