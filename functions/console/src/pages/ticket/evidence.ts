import type { Ticket } from "../../api/queries";

export type Evidence = { quote: string; sentence: string };

const text = (value: unknown): string => (typeof value === "string" ? value : "");

// What a phrase is that speaks for a category, by its `source`.
const SOURCES: Record<string, string> = {
  name: "its name", description: "its description", keyword: "a keyword", example: "an example",
  history: "a ticket before", word: "a word of tickets before", ticket: "the ticket",
  duplicate: "the original", sign: "a warning",
};

/** Why triage decided so, each in a sentence; `quote` is what the ticket says. */
export function evidenceOf(ticket: Ticket): Evidence[] {
  return (ticket.evidence ?? []).map((each) => {
    const [quote, phrase] = [text(each["quote"]), text(each["phrase"])];
    const source = SOURCES[text(each["source"])] ?? text(each["source"]);
    const said = quote || (each["relation"] === "similar to" ? "" : phrase);
    if (said && said.toLowerCase() === phrase.toLowerCase()) return { quote: said, sentence: `says “${phrase}” (${source})` };
    if (said) return { quote: said, sentence: `“${said}” says “${phrase}” (${source})` };
    return { quote: "", sentence: `is like “${phrase}” (${source})` };
  });
}

const INPUTS: Record<string, string> = {
  catalog_default: "the catalog's default for this request",
  default: "the default, since the catalog has none",
  escalate_on: "words that make it more urgent",
  affected_users: "several people are affected",
  model_opinion: "a model calls it urgent",
  cluster: "many tickets report the same",
};

/** How the priority came about, step by step. */
export function prioritySteps(ticket: Ticket): string[] {
  return (ticket.priority_inputs ?? []).map((each) => {
    const phrases = Array.isArray(each["phrases"]) ? each["phrases"].map(text) : [];
    const said = phrases.length ? `: “${phrases.join("”, “")}”` : "";
    const name = text(each["name"]);
    return `${text(each["priority"])} – ${INPUTS[name] ?? name.replace(/_/g, " ")}${said}`;
  });
}
