import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { forget } from "./api/client";
import { Frame } from "./frame";
import { Admin } from "./pages/admin";
import { Failures } from "./pages/failures";
import { Knowledge } from "./pages/knowledge";
import { Reports } from "./pages/reports";
import { Review } from "./pages/review";
import { Submit } from "./pages/submit";
import { Ask } from "./parts/dialog";
import { Notices } from "./parts/notices";
import { Empty, Failure, Loading } from "./parts/states";
import { Door, LoginForm } from "./pages/login";
import { Queue } from "./pages/queue";
import { Settings } from "./pages/settings";
import { TicketPage } from "./pages/ticket/page";
import { useRoute, type Route } from "./routing";
import { forgetPreferences, readPreferences } from "./preferences";
import { current, start, subscribe, type Me } from "./session";

export function App() {
  const session = useSyncExternalStore(subscribe, current);
  const route = useRoute();
  const cache = useQueryClient();
  const out = session.state === "out";
  const inside = session.state === "in";
  useEffect(() => {
    if (!out) return;
    cache.clear();
    forget();
    forgetPreferences();
    // What somebody was writing is not for the next person.
    sessionStorage.clear();
  }, [out, cache]);
  useEffect(() => {
    if (inside) void readPreferences();
  }, [inside]);
  if (session.state === "starting") return <Waiting error={session.error} />;
  if (session.state === "out") return <Door route={route} />;
  return (
    <>
      <Frame me={session.me} route={route}>
        <Page me={session.me} route={route} />
      </Frame>
      {session.state === "expired" && (
        <Ask title="Log in again">
          <p>Your session has ended. What is on the page stays.</p>
          <LoginForm email={session.me.email ?? ""} />
        </Ask>
      )}
      <Notices />
    </>
  );
}

function Waiting({ error }: { error: Error | undefined }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return (
    <main className="door">
      {error ? <Failure error={error} retry={() => void start()} /> : shown && <Loading />}
    </main>
  );
}

// Charts are loaded when somebody looks at them.
const Insights = lazy(() => import("./pages/insights").then(({ Insights }) => ({ default: Insights })));

type Entry = { name: string; roles: readonly string[]; show: (route: Route, me: Me) => ReactNode };

const STAFF = ["agent", "admin"];
const PEOPLE = [...STAFF, "customer"];

/** Every page, by the first part of its address. */
export const PAGES: Record<string, Entry> = {
  tickets: {
    name: "Queue",
    roles: PEOPLE,
    show: (route, me) => {
      const id = route.path[1];
      return id ? <TicketPage key={id} id={id} me={me} /> : <Queue route={route} me={me} />;
    },
  },
  new: { name: "New ticket", roles: PEOPLE, show: (_, me) => <Submit me={me} /> },
  review: { name: "Review", roles: STAFF, show: () => <Review /> },
  insights: { name: "Insights", roles: STAFF, show: (route) => <Insights route={route} /> },
  reports: { name: "Reports", roles: STAFF, show: (_, me) => <Reports me={me} /> },
  admin: { name: "Administration", roles: ["admin"], show: (_, me) => <Admin me={me} /> },
  knowledge: { name: "Knowledge", roles: PEOPLE, show: (route, me) => <Knowledge key={route.hash} route={route} me={me} /> },
  failures: { name: "Failures", roles: ["admin"], show: () => <Failures /> },
  settings: { name: "Settings", roles: PEOPLE, show: (_, me) => <Settings me={me} /> },
};

function Page({ me, route }: { me: Me; route: Route }) {
  const place = useRef<HTMLElement>(null);
  const at = route.path.join("/");
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) place.current?.focus();
    first.current = false;
    window.scrollTo(0, 0);
  }, [at]);
  const entry = PAGES[route.path[0] ?? "tickets"];
  useEffect(() => {
    document.title = `${entry?.name ?? "Not found"} · Deskhand`;
  }, [entry, at]);
  return (
    <main id="main" tabIndex={-1} ref={place}>
      <Suspense fallback={<Loading />}>{shown(entry, route, me)}</Suspense>
    </main>
  );
}

function shown(entry: Entry | undefined, route: Route, me: Me): ReactNode {
  if (!entry) {
    return (
      <Empty title="There is no such page">
        <a href="#/">Go to the start</a>
      </Empty>
    );
  }
  if (!entry.roles.includes(me.role)) {
    return (
      <Empty title="You may not see this page">
        <p>It needs the role {entry.roles.join(" or ")}; yours is {me.role}.</p>
      </Empty>
    );
  }
  return entry.show(route, me);
}
