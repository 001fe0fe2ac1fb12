import createClient from "openapi-fetch";
import { accessToken, signOutHere } from "../session";
import { base } from "./base";
import { Problem, problemOf } from "./problem";
import type { paths } from "./schema";

/** Asks with the caller's token; once more with a new one when the first was refused. */
async function authorised(request: Request): Promise<Response> {
  const again = request.clone();
  const first = await send(request, await accessToken());
  if (first.status !== 401) return first;
  const token = await accessToken({ renew: true });
  if (token === null) return first;
  const second = await send(again, token);
  if (second.status === 401) signOutHere("expired");
  return second;
}

async function send(request: Request, token: string | null): Promise<Response> {
  if (token !== null) request.headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new Problem(0, "the server does not answer; check the connection");
  }
}

// Answers with an entity tag: the server sends them again only when they have changed.
const kept = new Map<string, { tag: string; text: string; headers: Headers }>();
const MOST_KEPT = 100;

/** Nothing of a session is kept after its end. */
export const forget = () => kept.clear();

async function conditional(request: Request): Promise<Response> {
  if (request.method !== "GET") return authorised(request);
  const { url } = request;
  const before = kept.get(url);
  if (before) request.headers.set("If-None-Match", before.tag);
  const response = await authorised(request);
  if (response.status === 304 && before) return new Response(before.text, { headers: before.headers });
  kept.delete(url);
  const tag = response.headers.get("ETag");
  if (!response.ok || tag === null) return response;
  // Whole before it is kept: a body that nobody waits for any more ends in the middle.
  const { headers } = response;
  const text = await response.text();
  kept.set(url, { tag, text, headers });
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest) kept.delete(oldest);
  return new Response(text, { headers });
}

export const client = createClient<paths>({ baseUrl: base, fetch: conditional });

type Result<T> = { data?: T; error?: unknown; response: Response };

/** The answer's body; throws a Problem for every other status than a good one. */
export async function body<T>(asked: Promise<Result<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw problemOf(response, error);
  return data as T;
}
