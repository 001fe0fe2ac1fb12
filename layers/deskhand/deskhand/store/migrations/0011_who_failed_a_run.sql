-- A run that has used up its attempts was failed by reconcile, not by its workflow.
CREATE OR REPLACE FUNCTION record_run_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NOT (
        (OLD.status = 'PENDING' AND NEW.status IN ('IN_PROGRESS', 'FAILED'))
        OR (OLD.status = 'IN_PROGRESS' AND NEW.status IN ('COMPLETED', 'FAILED'))
        OR (OLD.status = 'FAILED' AND NEW.status = 'PENDING' AND NEW.attempt > OLD.attempt)
    ) THEN
        RAISE EXCEPTION 'run %: % cannot become %', NEW.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO events (ticket_id, run_id, kind, actor, step, data)
    VALUES (NEW.ticket_id, NEW.id, 'run.' || lower(NEW.status),
            CASE NEW.error WHEN 'AttemptsExhausted' THEN 'reconcile' ELSE 'workflow' END,
            NEW.current_step,
            jsonb_strip_nulls(jsonb_build_object(
                'attempt', NEW.attempt,
                'error', NEW.error,
                'reason', NEW.reason,
                'seconds', extract(epoch FROM NEW.finished_at - NEW.created_at))));
    RETURN NULL;
END $$;
