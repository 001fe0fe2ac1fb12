import { useEffect, useState, type ReactNode } from "react";
import { Button } from "react-aria-components";
import { Problem } from "../api/problem";
import { ago } from "../format";

/** A page's or a card's first load: nothing for a moment, then its outline. */
export function Loading({ rows = 3 }: { rows?: number }) {
  return (
    <div className="loading" aria-busy="true" role="status">
      <span className="hidden">Loading…</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="bone" />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** What went wrong, with the request's id for whoever looks it up, and another try. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const problem = error instanceof Problem ? error : null;
  return (
    <div className="failure" role="alert">
      <p className="failure-title">{titleOf(problem)}</p>
      <p>{problem?.sentence ?? error.message}</p>
      {problem?.requestId && (
        <p className="quiet">
          Request <code>{problem.requestId}</code>
        </p>
      )}
      {problem?.status === 429 && problem.retryAfter ? (
        <Countdown seconds={problem.retryAfter} then={retry} />
      ) : (
        retry && problem?.status !== 403 && problem?.status !== 404 && (
          <Button className="button" onPress={retry}>
            Try again
          </Button>
        )
      )}
    </div>
  );
}

function titleOf(problem: Problem | null): string {
  switch (problem?.status) {
    case 0: return "No connection";
    case 403: return "You may not see this";
    case 404: return "Not found";
    case 429: return "Too many requests";
    case 503: return "The service is busy or away";
    default: return "This did not work";
  }
}

function Countdown({ seconds, then }: { seconds: number; then?: (() => void) | undefined }) {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    if (left <= 0) {
      then?.();
      return;
    }
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left, then]);
  return <p aria-live="off">Next try in {left} s</p>;
}

type Asked<T> = {
  data: T | undefined;
  error: Error | null;
  dataUpdatedAt: number;
  refetch: () => unknown;
};

/** The data, or why there is none; old data stay when a later read fails, and say how old they are. */
export function Loaded<T>({ asked, rows, children }: {
  asked: Asked<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  const { data, error, dataUpdatedAt, refetch } = asked;
  if (data === undefined) {
    return error ? <Failure error={error} retry={refetch} /> : <Loading rows={rows ?? 3} />;
  }
  return (
    <>
      {error && (
        <p className="stale" role="status">
          As of {ago(new Date(dataUpdatedAt).toISOString())}:{" "}
          {error instanceof Problem ? error.sentence : error.message}
        </p>
      )}
      {children(data)}
    </>
  );
}

/** A value that is not known: a dash, and the reason for whoever asks. */
export function Unknown({ why }: { why: string }) {
  return (
    <span className="unknown" title={why}>
      <span aria-hidden="true">—</span>
      <span className="hidden">unknown: {why}</span>
    </span>
  );
}
