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

export const client = createClient<paths>({ baseUrl: base, fetch: authorised });

type Result<T> = { data?: T; error?: unknown; response: Response };

/** The answer's body; throws a Problem for every other status than a good one. */
export async function body<T>(asked: Promise<Result<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw problemOf(response, error);
  return data as T;
}
