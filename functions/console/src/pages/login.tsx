import { useEffect, useState, type FormEvent, type ReactNode } from "react";
import { Problem } from "../api/problem";
import { Field } from "../parts/fields";
import { Push } from "../parts/push";
import { Failure, Loading } from "../parts/states";
import { address, go, type Route } from "../routing";
import { enterByLink, logIn, register } from "../session";

/** The pages of people who are not logged in: login, registration by invitation, a login link. */
export function Door({ route }: { route: Route }) {
  // Kept here: the address forgets it at once.
  const [token, setToken] = useState(() => (route.path[0] === "enter" ? route.query.get("token") : null));
  if (token !== null) return <ByLink token={token} giveUp={() => setToken(null)} />;
  if (route.path[0] === "register") return <Register route={route} />;
  return (
    <Plain title="Log in">
      <LoginForm />
      <p className="quiet">
        Do you have an invitation? <a href="#/register">Open an account</a>
      </p>
    </Plain>
  );
}

function Plain({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Deskhand`;
  }, [title]);
  return (
    <main className="door">
      <div className="door-card">
        <p className="brand">
          <Mark /> Deskhand
        </p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
      <rect x="1" y="1" width="22" height="22" rx="6" />
      <path d="M6.5 12.5l3.5 3.5 7.5-8" />
    </svg>
  );
}

/** The form alone: it is also shown over a page whose session has ended. */
export function LoginForm({ email: known = "" }: { email?: string }) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const { send, busy, problem } = useSending(() => logIn(email, password));
  return (
    <form className="form" onSubmit={send}>
      <Wrong problem={problem} />
      <Field
        label="E-mail address" type="email" name="email" autoComplete="username" isRequired
        value={email} onChange={setEmail} isReadOnly={known !== ""} autoFocus={known === ""}
      />
      <Field
        label="Password" type="password" name="password" autoComplete="current-password" isRequired
        value={password} onChange={setPassword} autoFocus={known !== ""}
      />
      <Push type="submit" className="button primary" busy={busy}>
        Log in
      </Push>
    </form>
  );
}

function Register({ route }: { route: Route }) {
  const invited = route.query.get("invite");
  const [email, setEmail] = useState(route.query.get("email") ?? "");
  const [invite, setInvite] = useState(invited ?? "");
  const [password, setPassword] = useState("");
  const { send, busy, problem } = useSending(async () => {
    await register(email, password, invite.trim() || null);
    go(address(""));
  });
  const fault = (name: string) =>
    problem?.faults.find(({ pointer }) => pointer === `/${name}`)?.detail;
  return (
    <Plain title="Open an account">
      <form className="form" onSubmit={send}>
        <Wrong problem={problem?.faults.length ? null : problem} />
        <Field
          label="E-mail address" type="email" name="email" autoComplete="username" isRequired
          value={email} onChange={setEmail} fault={fault("email")}
        />
        <Field
          label="Password" type="password" name="password" autoComplete="new-password" isRequired
          value={password} onChange={setPassword} fault={fault("password")}
          help="At least 8 characters; a few random words are good."
        />
        <Field
          label="Invitation" name="invite" autoComplete="off" value={invite} onChange={setInvite}
          fault={fault("invite")} help="The code that begins with dhi_"
        />
        <Push type="submit" className="button primary" busy={busy}>
          Open account
        </Push>
      </form>
      <p className="quiet">
        Do you have an account? <a href="#/login">Log in</a>
      </p>
    </Plain>
  );
}

function ByLink({ token, giveUp }: { token: string; giveUp: () => void }) {
  const [error, setError] = useState<Error | null>(null);
  useEffect(() => {
    // Gone from the address before anything else: it works once.
    history.replaceState(null, "", "#/");
    enterByLink(token).then(() => go("#/", { replace: true }), setError);
  }, [token]);
  return (
    <Plain title="Log in">
      {error ? (
        <>
          <Failure error={error} />
          <p>A login link works once. Log in with your password, or ask for another link.</p>
          <Push className="button" onPress={giveUp}>Log in</Push>
        </>
      ) : (
        <Loading rows={1} />
      )}
    </Plain>
  );
}

function Wrong({ problem }: { problem: Problem | null }) {
  const [left, setLeft] = useState(0);
  useEffect(() => setLeft(problem?.status === 429 ? (problem.retryAfter ?? 0) : 0), [problem]);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  if (!problem) return null;
  return (
    <p className="wrong" role="alert">
      {problem.sentence}
      {left > 0 && ` (${left} s)`}
    </p>
  );
}

function useSending(action: () => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      setProblem(null);
      await action();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, String(error)));
    } finally {
      setBusy(false);
    }
  };
  return { send, busy, problem };
}
