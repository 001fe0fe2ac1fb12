import { useSyncExternalStore } from "react";
import { body, client } from "./api/client";
import { sentenceOf } from "./api/problem";
import type { Schemas } from "./api/queries";
import { announce } from "./parts/announce";

export type Preferences = Schemas["StoredPreferences"];
export type Theme = Preferences["theme"];
type Change = (before: Preferences) => Partial<Preferences>;

// The browser knows colours and keys before anybody logs in, and those that a reload kept from being
// stored. Named lists hold words that somebody searched for: they are with the account only.
const KEY = "deskhand.preferences";
const INITIAL: Preferences = { theme: "system", single_keys: true, views: [] };
const listeners = new Set<() => void>();
const { owed: left, ...kept } = inBrowser();
let stored: Preferences = { ...INITIAL, ...kept };
// Changes that are shown, and not stored yet; `owed` when the page was reloaded before they were.
let unsent: Change[] = [];
let owed = left;
let preferences = stored;
let writing = Promise.resolve();

function inBrowser(): Pick<Preferences, "theme" | "single_keys"> & { owed: boolean } {
  try {
    return { theme: INITIAL.theme, single_keys: true, owed: false, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { theme: INITIAL.theme, single_keys: true, owed: false };
  }
}

const changed = (from: Preferences) =>
  unsent.reduce((all, change) => ({ ...all, ...change(all) }), from);

function show() {
  preferences = changed(stored);
  const { theme, single_keys } = preferences;
  document.documentElement.dataset["theme"] = theme;
  localStorage.setItem(KEY, JSON.stringify({ theme, single_keys, owed: owed || unsent.length > 0 }));
  for (const listener of listeners) listener();
}
document.documentElement.dataset["theme"] = preferences.theme;

const read = () => body(client.GET("/auth/me/preferences"));

/** Takes over what the account has: it is the same in every browser. */
export function readPreferences(): Promise<void> {
  if (owed) {
    owed = false;
    return prefer(() => kept);
  }
  return write(async () => {
    stored = await read();
  });
}

/** What the account has is not for the next person. */
export function forgetPreferences() {
  unsent = [];
  owed = false;
  stored = { ...preferences, views: [] };
  show();
}

/**
 * Shows a change at once, and stores it with the account, on top of what another window stored.
 * `said` is announced when it is stored.
 */
export function prefer(change: Change, said?: string): Promise<void> {
  unsent = [...unsent, change];
  show();
  return write(async () => {
    try {
      const before = await read();
      stored = await body(client.PUT("/auth/me/preferences", { body: { ...before, ...change(before) } }));
      if (said) announce(said);
    } finally {
      unsent = unsent.filter((each) => each !== change);
    }
  });
}

/** One after the other: an older answer never replaces a newer one. */
function write(act: () => Promise<void>): Promise<void> {
  const done = writing.then(act).finally(show);
  writing = done.catch((error: Error) => void announce(sentenceOf(error), "error"));
  return writing;
}

export const usePreferences = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => preferences,
  );
