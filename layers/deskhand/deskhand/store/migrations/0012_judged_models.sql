-- For each answer of a model, the judgements of that model's answers are looked up.
CREATE INDEX corrections_of_a_model ON corrections (provider, model, id);
