import { useEffect, useRef } from "react";
import { usePreferences } from "./preferences";

/** An action that answers `false` leaves its key to others. */
type Keys = Record<string, (event: KeyboardEvent) => unknown>;

const WITHIN = "input, textarea, select, [contenteditable], [role=listbox], [role=menu], [role=dialog]";

/** Single keys of a page: never in fields, never with Ctrl, Alt or Meta, off where not wanted. */
export function useKeys(keys: Keys) {
  const { single_keys } = usePreferences();
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!single_keys) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
      if (event.target instanceof Element && event.target.closest(WITHIN)) return;
      if (document.querySelector("[role=dialog]")) return;
      const action = latest.current[event.key];
      if (action && action(event) !== false) event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [single_keys]);
}
