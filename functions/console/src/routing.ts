import { useMemo, useSyncExternalStore } from "react";

/** An address after the `#`: no server sees it, so no log has what somebody searched for. */
export type Route = { path: string[]; query: URLSearchParams; hash: string };

const subscribe = (changed: () => void) => {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
};

export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query), hash };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => routeOf(hash), [hash]);
}

export function address(path: string, query?: URLSearchParams): string {
  const text = query?.toString();
  return `#/${path}${text ? `?${text}` : ""}`;
}

export function go(to: string, { replace = false } = {}) {
  if (!replace) location.hash = to;
  else {
    history.replaceState(null, "", to);
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
}
