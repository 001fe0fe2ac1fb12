import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
export type Preferences = { theme: Theme; singleKeys: boolean };

const KEY = "deskhand.preferences";
const listeners = new Set<() => void>();
let preferences = read();

function read(): Preferences {
  const initial: Preferences = { theme: "system", singleKeys: true };
  try {
    return { ...initial, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return initial;
  }
}

function show() {
  document.documentElement.dataset["theme"] = preferences.theme;
}
show();

export function prefer(change: Partial<Preferences>) {
  preferences = { ...preferences, ...change };
  localStorage.setItem(KEY, JSON.stringify(preferences));
  show();
  for (const listener of listeners) listener();
}

export const usePreferences = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => preferences,
  );
