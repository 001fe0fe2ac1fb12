import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover, Separator } from "react-aria-components";
import { Help } from "./help";
import { useKeys } from "./keys";
import { openPalette, usePaletteText, type Action } from "./parts/actions";
import { undoLast } from "./parts/announce";
import { Offline } from "./parts/offline";
import { Mark } from "./pages/login";
import { address, go, type Route } from "./routing";
import { prefer } from "./preferences";
import { logOut, type Me } from "./session";

const Palette = lazy(() => import("./palette").then(({ Palette }) => ({ default: Palette })));

type Tab = { path: string; name: string; roles: readonly string[]; key?: string };

const STAFF = ["agent", "admin"];
export const TABS: readonly Tab[] = [
  { path: "tickets", name: "Queue", roles: STAFF, key: "q" },
  { path: "tickets", name: "My tickets", roles: ["customer"], key: "q" },
  { path: "review", name: "Review", roles: STAFF, key: "r" },
  { path: "new", name: "New ticket", roles: [...STAFF, "customer"], key: "n" },
  { path: "knowledge", name: "Knowledge", roles: STAFF, key: "k" },
  { path: "insights", name: "Insights", roles: STAFF, key: "i" },
  { path: "reports", name: "Reports", roles: STAFF },
  { path: "failures", name: "Failures", roles: ["admin"], key: "f" },
  { path: "admin", name: "Admin", roles: ["admin"] },
];

/** What is around every page: the way to the others, search, and the account. */
export function Frame({ me, route, children }: { me: Me; route: Route; children: ReactNode }) {
  const [help, setHelp] = useState(false);
  const tabs = TABS.filter((tab) => tab.roles.includes(me.role));
  const pending = usePrefix(tabs);
  const typed = usePaletteText();
  usePaletteKey();
  useKeys({
    "?": () => setHelp(true),
    "/": () => document.querySelector<HTMLElement>("[data-search]")?.focus(),
    z: () => void undoLast(),
    g: pending,
  });
  const at = route.path[0] ?? "tickets";
  return (
    <div className="frame">
      <Button className="skip" onPress={() => document.getElementById("main")?.focus()}>
        Skip to the page
      </Button>
      <header className="bar">
        <a className="brand" href="#/">
          <Mark /> Deskhand
        </a>
        <nav aria-label="Pages" className="tabs">
          {tabs.map((tab) => (
            <a key={tab.path} href={address(tab.path)} aria-current={tab.path === at ? "page" : undefined}>
              {tab.name}
            </a>
          ))}
        </nav>
        <Button className="icon wide" aria-label="Actions" onPress={() => openPalette("")}>
          ⌘
        </Button>
        <Button className="icon" aria-label="Keys and help" onPress={() => setHelp(true)}>
          ?
        </Button>
        <Account me={me} />
      </header>
      <Offline />
      {children}
      {typed !== null && <Suspense><Palette text={typed} pages={pagesOf(tabs)} /></Suspense>}
      {help && <Help tabs={tabs} onClose={() => setHelp(false)} />}
    </div>
  );
}

/** Ctrl+K: with a modifier, so it acts in fields too, and where single keys are switched off. */
function usePaletteKey() {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "k" || event.altKey || event.shiftKey || event.ctrlKey === event.metaKey) return;
      event.preventDefault();
      if (!document.querySelector("[role=dialog]")) openPalette("");
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

const pagesOf = (tabs: readonly Tab[]): Action[] => [
  ...tabs.map(({ name, path }) => ({ text: `Go to ${name}`, act: () => go(address(path)) })),
  { text: "Go to Settings", act: () => go("#/settings") },
  ...(["system", "light", "dark"] as const).map((theme) => (
    { text: `Colours: ${theme}`, words: "theme", act: () => prefer(() => ({ theme })) }
  )),
  { text: "Log out", act: () => void logOut() },
];

/** `g` and then the page's key. */
function usePrefix(tabs: readonly Tab[]) {
  const [until, setUntil] = useState(0);
  const lead = (path: string) => {
    setUntil(0);
    go(address(path));
  };
  const keys = Object.fromEntries(
    tabs.flatMap(({ key, path }) =>
      key ? [[key, () => Date.now() < until && lead(path)]] : [],
    ),
  );
  useKeys(keys);
  return () => setUntil(Date.now() + 2_000);
}

function Account({ me }: { me: Me }) {
  const name = me.email ?? me.id;
  return (
    <MenuTrigger>
      <Button className="account">
        <span className="hidden">Account</span>
        <span className="avatar" aria-hidden="true">{name.charAt(0).toUpperCase()}</span>
        <span className="account-name">{name}</span>
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="listbox" aria-label="Account">
          <MenuItem className="option" href="#/settings">Settings</MenuItem>
          <MenuItem className="option" href="docs" target="_blank">Reference of the API</MenuItem>
          <Separator className="line" />
          <MenuItem className="option" onAction={() => void logOut()}>
            Log out
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
