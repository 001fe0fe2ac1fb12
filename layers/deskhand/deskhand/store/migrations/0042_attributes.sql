-- One index of all that tickets are filtered by: lists by several filters intersect its parts, and
-- read only tickets that fit all of them.

CREATE FUNCTION named_attributes(name text, found text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT coalesce(array_agg(name || '=' || value), '{}') FROM unnest(found) AS value);

CREATE FUNCTION attributes_of(
    kind text, channel text, status text, priority text, category text, request_type text,
    department text, tags text[], assignee text, needs_review boolean, duplicate_of uuid,
    escalation_level integer
) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN named_attributes('tag', tags) || array_remove(ARRAY[
        'kind=' || kind, 'channel=' || channel, 'status=' || status, 'priority=' || priority,
        'category=' || label_of(category), 'request_type=' || label_of(request_type),
        'department=' || department, 'assignee=' || assignee,
        CASE WHEN needs_review THEN 'needs_review=true' END,
        CASE WHEN duplicate_of IS NOT NULL THEN 'duplicate=true' END,
        CASE WHEN escalation_level > 0 THEN 'escalated=true' END
    ], NULL);

CREATE INDEX tickets_by_attributes ON tickets USING gin (attributes_of(
    kind, channel, status, priority, category, request_type, department, tags, assignee,
    needs_review, duplicate_of, escalation_level));
