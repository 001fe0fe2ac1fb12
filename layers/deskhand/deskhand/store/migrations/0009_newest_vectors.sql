-- The newest tickets of a standing are compared without the graph.
CREATE INDEX ticket_vectors_newest ON ticket_vectors (model, standing, ticket_id);
DROP INDEX ticket_vectors_of_a_model;
