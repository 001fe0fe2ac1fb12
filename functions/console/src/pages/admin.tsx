import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Button, Checkbox, CheckboxGroup, Label } from "react-aria-components";
import { accountsQuery, changed, invitesQuery, tokensQuery } from "../api/admin";
import { base } from "../api/base";
import { body, client } from "../api/client";
import type { Schemas } from "../api/queries";
import { person } from "../format";
import { announce } from "../parts/announce";
import { Ask } from "../parts/dialog";
import { Card, Choose, Field } from "../parts/fields";
import { Push } from "../parts/push";
import { Loaded } from "../parts/states";
import { Time } from "../parts/time";
import type { Me } from "../session";
import { CatalogPart, CheckCatalog } from "./catalog";

const ROLES = ["customer", "agent", "admin"] as const;
const SCOPES = ["tickets:read", "tickets:write", "metrics:read"] as const;

/** People, invitations, machines, and the catalog in force. */
export function Admin({ me }: { me: Me }) {
  const [secret, setSecret] = useState<{ title: string; text: string } | null>(null);
  return (
    <div className="page">
      <h1>Administration</h1>
      <People me={me} />
      <div className="halves">
        <Invites show={setSecret} />
        <Tokens show={setSecret} />
      </div>
      <CatalogPart />
      <CheckCatalog />
      {secret && (
        <Ask title={secret.title} onClose={() => setSecret(null)}>
          <p>It is shown this once. Hand it over on a safe way.</p>
          <code className="break secret">{secret.text}</code>
          <div className="buttons">
            <Button className="button primary" onPress={() => void navigator.clipboard.writeText(secret.text).then(() => announce("It is in the clipboard"), () => announce("The browser did not allow it", "error"))}>Copy</Button>
            <Button className="button" onPress={() => setSecret(null)}>Close</Button>
          </div>
        </Ask>
      )}
    </div>
  );
}

type Show = (secret: { title: string; text: string }) => void;

function People({ me }: { me: Me }) {
  const asked = useQuery(accountsQuery());
  const change = useMutation({
    mutationFn: ({ id, ...sent }: { id: string; role?: Schemas["PersonsRole"]; disabled?: boolean }) =>
      body(client.PATCH("/auth/accounts/{account_id}", { params: { path: { account_id: id } }, body: sent as Schemas["AccountChange"] })),
    onSuccess: ({ email, role, disabled }) => {
      announce(disabled ? `${email} is locked` : `${email} is ${role}`);
      void changed("accounts");
    },
  });
  return (
    <Card title="People">
      <Loaded asked={asked}>
        {({ accounts, next_cursor }) => (
          <>
            <div className="table-wrap">
              <table className="rows">
                <thead><tr><th scope="col">E-mail address</th><th scope="col">Role</th><th scope="col">Since</th><th scope="col"><span className="hidden">Action</span></th></tr></thead>
                <tbody>
                  {accounts.map(({ id, email, role, disabled, created_at }) => {
                    const own = me.id === `user:${id}`;
                    return (
                      <tr key={id}>
                        <th scope="row">{email}{disabled && <span className="tag late"> locked</span>}</th>
                        <td>{own ? `${role} (you)` : (
                          <Choose label={`Role of ${email}`} hideLabel value={role} choices={ROLES.map((each) => ({ id: each, text: each }))} onChange={(next) => next !== role && change.mutate({ id, role: next as Schemas["PersonsRole"] })} />
                        )}</td>
                        <td className="nowrap"><Time at={created_at} /></td>
                        <td>{!own && <Push className="button" onPress={() => change.mutate({ id, disabled: !disabled })}>{disabled ? "Unlock" : "Lock"}<span className="hidden"> {email}</span></Push>}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
            {next_cursor && <p className="quiet">These are the newest 100.</p>}
          </>
        )}
      </Loaded>
    </Card>
  );
}

function Invites({ show }: { show: Show }) {
  const asked = useQuery(invitesQuery());
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<(typeof ROLES)[number]>("agent");
  const invite = useMutation({
    mutationFn: () => body(client.POST("/auth/invites", { body: { email, role, days: 7 } })),
    onSuccess: (made) => {
      const link = `${base}console#/register?${new URLSearchParams({ email: made.email, invite: made.invite })}`;
      show({ title: `Invitation of ${made.email}`, text: link });
      setEmail("");
      void changed("invites");
    },
  });
  const withdraw = useMutation({
    mutationFn: (id: string) => body(client.DELETE("/auth/invites/{invite_id}", { params: { path: { invite_id: id } } })),
    onSuccess: () => {
      announce("The invitation is withdrawn");
      void changed("invites");
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!invite.isPending) invite.mutate();
  };
  return (
    <Card title="Invitations">
      <form className="form" onSubmit={send}>
        <Field label="E-mail address" type="email" value={email} onChange={setEmail} isRequired autoComplete="off" />
        <Choose label="Role" value={role} choices={ROLES.map((id) => ({ id, text: id }))} onChange={(id) => setRole(id as typeof role)} />
        <div className="buttons"><Push type="submit" className="button primary" busy={invite.isPending}>Invite</Push></div>
      </form>
      <Loaded asked={asked} rows={1}>
        {({ invites }) => (
          <ul className="plain">
            {invites.map(({ id, email: whom, role: as, expires_at }) => (
              <li key={id} className="with-action">
                <span>{whom} as {as} <span className="quiet">ends <Time at={expires_at} /></span></span>
                <Push className="button" onPress={() => withdraw.mutate(id)}>Withdraw<span className="hidden"> {whom}</span></Push>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

function Tokens({ show }: { show: Show }) {
  const asked = useQuery(tokensQuery());
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["tickets:read"]);
  const create = useMutation({
    mutationFn: () => body(client.POST("/auth/tokens", { body: { name, scopes: scopes as Schemas["NewServiceToken"]["scopes"], days: 365 } })),
    onSuccess: (made) => {
      show({ title: `Token of ${made.name}`, text: made.token });
      setName("");
      void changed("tokens");
    },
  });
  const revoke = useMutation({
    mutationFn: (id: string) => body(client.DELETE("/auth/tokens/{token_id}", { params: { path: { token_id: id } } })),
    onSuccess: () => {
      announce("The token is revoked");
      void changed("tokens");
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!create.isPending && scopes.length) create.mutate();
  };
  return (
    <Card title="Tokens of machines">
      <form className="form" onSubmit={send}>
        <Field label="Name" value={name} onChange={setName} isRequired autoComplete="off" />
        <CheckboxGroup className="radios" value={scopes} onChange={setScopes}>
          <Label>It may</Label>
          {SCOPES.map((scope) => <Checkbox key={scope} value={scope} className="check">{scope}</Checkbox>)}
        </CheckboxGroup>
        <div className="buttons"><Push type="submit" className="button primary" busy={create.isPending} isDisabled={!scopes.length}>Make a token for a year</Push></div>
      </form>
      <Loaded asked={asked} rows={1}>
        {({ tokens }) => (
          <ul className="plain">
            {tokens.map(({ id, name: whose, scopes: may, created_by, revoked_at, expires_at }) => (
              <li key={id} className="with-action">
                <span>{whose} <span className="quiet">{may.join(", ")}, by {person(created_by)}{revoked_at ? ", revoked" : expires_at && <>, ends <Time at={expires_at} /></>}</span></span>
                {!revoked_at && <Push className="button" onPress={() => revoke.mutate(id)}>Revoke<span className="hidden"> {whose}</span></Push>}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}
