import { useEffect, useRef, useSyncExternalStore } from "react";

/** Something that can be done; `words` are other words by which people look for it. */
export type Action = { text: string; words?: string; act: () => void };

const shown = new Set<{ current: readonly Action[] }>();
const listeners = new Set<() => void>();
// What is written in the palette; null while it is closed.
let typed: string | null = null;

/** Offers actions in the palette, as long as what they act on is on the screen. */
export function useActions(actions: readonly Action[]) {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    shown.add(latest);
    return () => void shown.delete(latest);
  }, []);
}

/** Those of what is on the screen; the innermost part of the page comes first. */
export const offered = (): Action[] => [...shown].flatMap(({ current }) => current);

export function openPalette(text: string | null) {
  typed = text;
  for (const listener of listeners) listener();
}

export const usePaletteText = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => typed,
  );

/** The actions that have each of the words, those that begin with the text first. */
export function matching(actions: readonly Action[], text: string): Action[] {
  const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
  const place = ({ text: own, words = "" }: Action) => {
    const all = `${own} ${words}`.toLowerCase();
    if (!asked.every((word) => all.includes(word))) return -1;
    return asked.every((word) => ` ${all.replace(/\W+/g, " ")}`.includes(` ${word}`)) ? 0 : 1;
  };
  return [0, 1].flatMap((wanted) => actions.filter((action) => place(action) === wanted));
}
