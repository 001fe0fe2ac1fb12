import { useSyncExternalStore } from "react";
import { body, client } from "./api/client";
import { sentenceOf } from "./api/problem";
import type { Schemas } from "./api/queries";
import { announce } from "./parts/announce";

export type Preferences = Schemas["StoredPreferences"];
export type Theme = Preferences["theme"];
type Change = (before: Preferences) => Partial<Preferences>;

// The browser knows colours and keys before anybody logs in. Named lists hold words that somebody
// searched for: they are with the account only.
const KEY = "deskhand.preferences";
const INITIAL: Preferences = { theme: "system", single_keys: true, views: [] };
const listeners = new Set<() => void>();
let preferences = kept();
let writing = Promise.resolve();

function kept(): Preferences {
  try {
    return { ...INITIAL, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return INITIAL;
  }
}

function take(next: Preferences) {
  preferences = next;
  const { theme, single_keys } = next;
  document.documentElement.dataset["theme"] = theme;
  localStorage.setItem(KEY, JSON.stringify({ theme, single_keys }));
  for (const listener of listeners) listener();
}
take(preferences);

const stored = () => body(client.GET("/auth/me/preferences"));

/** Takes over what the account has: it is the same in every browser. */
export const readPreferences = () => write(async () => take(await stored()));

/** What the account has is not for the next person. */
export const forgetViews = () => take({ ...preferences, views: [] });

/** Shows a change at once, and stores it with the account, on top of what another window stored. */
export function prefer(change: Change) {
  take({ ...preferences, ...change(preferences) });
  write(async () => {
    const before = await stored();
    take(await body(client.PUT("/auth/me/preferences", { body: { ...before, ...change(before) } })));
  });
}

/** One after the other: an older answer never replaces a newer one. */
function write(act: () => Promise<void>) {
  writing = writing.then(act).catch((error: Error) => void announce(sentenceOf(error), "error"));
}

export const usePreferences = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => preferences,
  );
