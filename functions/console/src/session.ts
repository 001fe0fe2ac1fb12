import { base } from "./api/base";
import { Problem, problemOf } from "./api/problem";
import type { components } from "./api/schema";

export type Me = components["schemas"]["Me"];
export type Session =
  | { state: "starting"; error?: Error }
  | { state: "out" }
  | { state: "in"; me: Me }
  /** The session ended under an open page: it stays as it is, below the login. */
  | { state: "expired"; me: Me };

type Token = { text: string; until: number };
type Message = { token: Token } | { out: true };

// Only whether this browser was logged in: without it a visitor's first request would fail.
const HINT = `deskhand.session ${new URL(base).pathname}`;
const channel = new BroadcastChannel(HINT);
const listeners = new Set<() => void>();
let session: Session = { state: "starting" };
// The access token is in memory only; the refresh token is in a cookie that no script can read.
let token: Token | null = null;

export const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};
export const current = () => session;

function become(next: Session) {
  session = next;
  for (const listener of listeners) listener();
}

channel.onmessage = ({ data }: MessageEvent<Message>) => {
  if ("token" in data) token = data.token;
  else if (session.state !== "out") leave();
};

function leave() {
  token = null;
  localStorage.removeItem(HINT);
  become({ state: "out" });
}

async function post(path: string, sent: object): Promise<Response> {
  const headers = { "Content-Type": "application/json", "X-Deskhand-Console": "1" };
  try {
    return await fetch(base + path, { method: "POST", headers, body: JSON.stringify(sent) });
  } catch {
    throw new Problem(0, "the server does not answer; check the connection");
  }
}

async function take(response: Response): Promise<void> {
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw problemOf(response, answer);
  const { access_token, expires_in } = answer as components["schemas"]["Tokens"];
  token = { text: access_token, until: Date.now() + expires_in * 1000 };
  localStorage.setItem(HINT, "1");
  channel.postMessage({ token } satisfies Message);
}

/** One refresh at a time in all tabs: the next one finds the new cookie, and mostly a new token. */
async function refresh(refused: Token | null): Promise<void> {
  await navigator.locks.request(HINT, async () => {
    if (token !== null && token !== refused && isFresh(token)) return;
    await take(await post("auth/refresh", { keep: "cookie" }));
  });
}

const LIFE = 15 * 60_000;
const isFresh = ({ until }: Token) => until - Date.now() > LIFE * 0.2;

/** A valid access token, renewed when its end is near; null when nobody is logged in. */
export async function accessToken({ renew = false } = {}): Promise<string | null> {
  if (session.state === "out" || session.state === "expired") return null;
  if (token === null || renew || !isFresh(token)) {
    try {
      await refresh(renew ? token : null);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      signOutHere("expired");
      return null;
    }
  }
  return token?.text ?? null;
}

export function signOutHere(state: "expired") {
  token = null;
  if (session.state === "in") become({ state, me: session.me });
  else leave();
}

async function enter(): Promise<void> {
  const headers = { Authorization: `Bearer ${token?.text ?? ""}` };
  const response = await fetch(`${base}auth/me`, { headers });
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw problemOf(response, answer);
  become({ state: "in", me: answer as Me });
}

/** Goes on with the session of the browser's cookie, or begins with the login page. */
export async function start(): Promise<void> {
  if (localStorage.getItem(HINT) === null) return become({ state: "out" });
  become({ state: "starting" });
  try {
    await refresh(null);
    await enter();
  } catch (error) {
    // A request that a reload cuts off says nothing about the session.
    if (error instanceof Problem && error.status === 401) leave();
    else become({ state: "starting", error: error as Error });
  }
}

export async function logIn(email: string, password: string): Promise<void> {
  await take(await post("auth/login", { email, password, keep: "cookie" }));
  await enter();
}

/** Exchanges a token of a link, which works once, for this browser's session. */
export async function enterByLink(refresh_token: string): Promise<void> {
  await take(await post("auth/refresh", { refresh_token, keep: "cookie" }));
  await enter();
}

export async function register(email: string, password: string, invite: string | null) {
  const response = await post("auth/register", { email, password, invite });
  if (!response.ok) throw problemOf(response, await response.json().catch(() => undefined));
  await logIn(email, password);
}

export async function logOut(): Promise<void> {
  try {
    await post("auth/logout", {});
  } finally {
    channel.postMessage({ out: true } satisfies Message);
    leave();
  }
}
