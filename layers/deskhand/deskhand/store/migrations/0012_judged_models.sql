-- What people said of a model's answers is looked up for each of its answers.
CREATE INDEX corrections_of_a_model ON corrections (provider, model, id);
