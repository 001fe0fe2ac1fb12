import { useState, type FormEvent } from "react";
import { Button, Label, Radio, RadioGroup, Switch } from "react-aria-components";
import { body, client } from "../api/client";
import { Problem } from "../api/problem";
import { Card, Facts, Field } from "../parts/fields";
import { prefer, usePreferences, type Theme } from "../preferences";
import { address } from "../routing";
import { logOut, type Me } from "../session";

const drop = (name: string) =>
  prefer(({ views }) => ({ views: views.filter((view) => view.name !== name) }));

export function Settings({ me }: { me: Me }) {
  const { theme, single_keys, views } = usePreferences();
  return (
    <div className="page narrow">
      <h1>Settings</h1>
      <Card title="Your console">
        <RadioGroup className="radios" value={theme} onChange={(value) => prefer(() => ({ theme: value as Theme }))}>
          <Label>Colours</Label>
          {(["system", "light", "dark"] as const).map((value) => (
            <Radio key={value} value={value} className="radio">
              {value === "system" ? "as the system has them" : value}
            </Radio>
          ))}
        </RadioGroup>
        <Switch className="switch" isSelected={single_keys} onChange={(on) => prefer(() => ({ single_keys: on }))}>
          <span className="switch-mark" aria-hidden="true" />
          <span>Single keys act (<kbd>?</kbd> lists them)</span>
        </Switch>
        <p className="quiet">They come with you to every browser that you log in with.</p>
      </Card>
      {views.length > 0 && (
        <Card title="Your lists">
          <ul className="plain">
            {views.map(({ name, query }) => (
              <li key={name} className="with-action">
                <a href={address("tickets", new URLSearchParams(query))}>{name}</a>
                <Button className="button" onPress={() => drop(name)}>Remove<span className="hidden"> {name}</span></Button>
              </li>
            ))}
          </ul>
        </Card>
      )}
      <Card title="Your account">
        <Facts facts={[["E-mail address", me.email ?? me.id], ["Role", me.role]]} />
        {me.email && <Password email={me.email} />}
      </Card>
    </div>
  );
}

function Password({ email }: { email: string }) {
  const [before, setBefore] = useState("");
  const [after, setAfter] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const fault = (name: string) => problem?.faults.find(({ pointer }) => pointer === `/${name}`)?.detail;
  const send = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const sent = { current_password: before, new_password: after };
      await body(client.POST("/auth/password", { body: sent }));
      await logOut();
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
      else throw error;
    }
  };
  return (
    <form className="form" onSubmit={send}>
      <h3>Change the password</h3>
      {problem && problem.faults.length === 0 && <p className="wrong" role="alert">{problem.sentence}</p>}
      <input type="hidden" name="username" autoComplete="username" value={email} />
      <Field
        label="Current password" type="password" autoComplete="current-password" isRequired
        value={before} onChange={setBefore} fault={fault("current_password")}
      />
      <Field
        label="New password" type="password" autoComplete="new-password" isRequired
        value={after} onChange={setAfter} fault={fault("new_password")}
      />
      <Button type="submit" className="button">Change, and log out everywhere</Button>
    </form>
  );
}
