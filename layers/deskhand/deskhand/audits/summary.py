"""The numbers of an audit by their names for people, in the order in which they are read."""

SUMMARY = {
    "tickets": "tickets",
    "with_pair": "with a category and a request type of the catalog",
    "with_category": "with a category only",
    "without_pair": "with no name of the catalog",
    "predicted_by_export": "predicted from the other tickets of the file",
    "agreement": "share of predictions that are the stored pair",
    "misroutes": "likely misroutes",
    "expected_gain": "tickets that would be routed better",
    "clusters": "groups of duplicates",
    "duplicates": "duplicates in them",
    "without_sla": "tickets whose request type has no SLA",
    "missed": "tickets that missed their due time",
    "differing": "tickets whose SLA differs from the catalog",
    "gaps": "themes that the catalog lacks",
    "catalog_version": "version of the catalog",
}
