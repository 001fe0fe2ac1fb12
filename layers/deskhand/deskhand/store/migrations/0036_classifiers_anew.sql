-- The wording of the catalog is one more opinion: the next run of learn trains again.
DELETE FROM classifiers;
