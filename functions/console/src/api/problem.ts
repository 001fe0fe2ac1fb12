import type { components } from "./schema";

type Document = components["schemas"]["Problem"];

/** An answer that is not the wanted one, or none at all (`status` 0). */
export class Problem extends Error {
  readonly status: number;
  readonly requestId: string;
  readonly faults: { pointer: string; detail: string }[];
  readonly retryAfter: number | null;
  readonly etag: string | null;

  constructor(status: number, detail: string, document?: Document, headers?: Headers) {
    super(detail);
    this.status = status;
    this.requestId = document?.request_id ?? headers?.get("X-Request-ID") ?? "";
    this.faults = document?.errors ?? [];
    const seconds = Number(headers?.get("Retry-After") ?? NaN);
    this.retryAfter = Number.isFinite(seconds) ? seconds : null;
    this.etag = headers?.get("ETag") ?? null;
  }

  /** The detail with the fields that it is about. */
  get sentence(): string {
    const faults = this.faults.map(({ pointer, detail }) => `${pointer.replace(/^\//, "")} ${detail}`);
    return faults.length ? `${this.message}: ${faults.join("; ")}` : this.message;
  }
}

/** What went wrong, in a sentence, with the time after which it may work. */
export function sentenceOf(error: Error): string {
  if (!(error instanceof Problem)) return String(error);
  return error.sentence + (error.retryAfter ? `; try again in ${error.retryAfter} s` : "");
}

export function problemOf(response: Response, body: unknown): Problem {
  const document = body as Document | undefined;
  const detail = document?.detail ?? `the server answered ${response.status}`;
  return new Problem(response.status, detail, document, response.headers);
}
