import { onlineManager } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

const subscribe = (changed: () => void) => onlineManager.subscribe(changed);

/** Without a network nothing is asked: what was read stays, and everything goes on by itself. */
export function Offline() {
  const online = useSyncExternalStore(subscribe, () => onlineManager.isOnline());
  return (
    <div role="status">
      {!online && (
        <p className="offline">
          You are offline. The page shows what was read before, and goes on when the network is back.
        </p>
      )}
    </div>
  );
}
