import type { ReactNode } from "react";
import {
  Button, FieldError, Input, Label, ListBox, ListBoxItem, Popover, Select, SelectValue, Text,
  TextArea, TextField, type TextFieldProps,
} from "react-aria-components";

type LineProps = TextFieldProps & {
  label: string;
  help?: string | undefined;
  fault?: string | undefined;
  rows?: number;
  placeholder?: string;
};

/** A labelled text field of one line, or of `rows`. */
export function Field({ label, help, fault, rows, placeholder, ...props }: LineProps) {
  return (
    <TextField {...props} className="field" isInvalid={Boolean(fault)} validationBehavior="aria">
      <Label>{label}</Label>
      {rows ? <TextArea rows={rows} placeholder={placeholder} /> : <Input placeholder={placeholder} />}
      {help && <Text slot="description">{help}</Text>}
      <FieldError>{fault}</FieldError>
    </TextField>
  );
}

export type Choice = { id: string; text: string; detail?: string | null };

export function Choose({ label, value, choices, onChange, isDisabled, hideLabel }: {
  label: string;
  value: string | null;
  choices: readonly Choice[];
  onChange: (id: string) => void;
  isDisabled?: boolean;
  hideLabel?: boolean;
}) {
  return (
    <Select
      className="field"
      selectedKey={value}
      onSelectionChange={(key) => key !== null && onChange(String(key))}
      isDisabled={isDisabled ?? false}
      placeholder="choose"
      aria-label={hideLabel ? label : undefined}
    >
      {!hideLabel && <Label>{label}</Label>}
      <Button className="select">
        <SelectValue />
        <span aria-hidden="true" className="chevron" />
      </Button>
      <Popover className="popover">
        <ListBox className="listbox" items={choices}>
          {(choice) => (
            <ListBoxItem id={choice.id} textValue={choice.text} className="option">
              <Text slot="label">{choice.text}</Text>
              {choice.detail && <Text slot="description">{choice.detail}</Text>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}

export function Card({ title, aside, children, tone, className }: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  tone?: "attention";
  className?: string;
}) {
  return (
    <section className={`card ${className ?? ""}`} data-tone={tone} aria-label={title}>
      <header className="card-head">
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** Names with values, one below the other. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
