import type { ReactNode } from "react";

export type Mark = { start: number; end: number; kind: "evidence" | "entity"; title: string };

/** Where a quote is in a text, whatever its letters' case; empty when it is not. */
export function find(text: string, quote: string, title: string): Mark[] {
  if (!quote) return [];
  const start = text.toLowerCase().indexOf(quote.toLowerCase());
  return start < 0 ? [] : [{ start, end: start + quote.length, kind: "evidence", title }];
}

/** Offsets of the API count characters; those of a browser's text count UTF-16 units. */
export function unitsOf(text: string, start: number, end: number): [number, number] {
  const characters = Array.from(text.slice(0, end * 2));
  const before = characters.slice(0, start).join("").length;
  return [before, before + characters.slice(start, end).join("").length];
}

/** The text with its marks. Every piece is a text node: nothing in it can become HTML. */
export function Marked({ text, marks }: { text: string; marks: readonly Mark[] }) {
  const pieces: ReactNode[] = [];
  let at = 0;
  for (const mark of [...marks].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (mark.start < at || mark.end > text.length) continue;
    pieces.push(text.slice(at, mark.start));
    pieces.push(
      <mark key={mark.start} data-kind={mark.kind} title={mark.title}>
        {text.slice(mark.start, mark.end)}
      </mark>,
    );
    at = mark.end;
  }
  pieces.push(text.slice(at));
  return <>{pieces}</>;
}
