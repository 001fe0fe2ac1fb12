import { useSyncExternalStore } from "react";

export type Notice = {
  id: number;
  kind: "done" | "error";
  text: string;
  undo?: (() => void) | undefined;
};

const SHOWN = 10_000;
let notices: readonly Notice[] = [];
let last = 0;
const listeners = new Set<() => void>();

function put(next: readonly Notice[]) {
  notices = next;
  for (const listener of listeners) listener();
}

/** Says what happened, for eyes and for screen readers; with `undo` it can be taken back. */
export function announce(text: string, kind: Notice["kind"] = "done", undo?: () => void): number {
  const id = ++last;
  put([...notices.slice(-2), { id, kind, text, undo }]);
  setTimeout(() => dismiss(id), SHOWN);
  return id;
}

export const dismiss = (id: number) => put(notices.filter((each) => each.id !== id));

export function useNotices(): readonly Notice[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => notices,
  );
}

/** Takes the newest thing back that can be taken back. */
export function undoLast(): boolean {
  const found = notices.findLast((each) => each.undo);
  if (!found) return false;
  dismiss(found.id);
  found.undo?.();
  return true;
}
