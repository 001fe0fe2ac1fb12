-- This release combines what was learnt in another way: the next run of learn trains again.
DELETE FROM classifiers;
