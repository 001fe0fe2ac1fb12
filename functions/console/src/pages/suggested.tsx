import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { body, client } from "../api/client";
import { Card } from "../parts/fields";
import { address } from "../routing";

const PAUSE_MS = 800;
const LEAST = 12;
const ASKED = 10_000;
// Below this cosine, texts share little more than their language.
const RELATED = 0.3;

/** Articles that may help already, while somebody writes. Without an answer there is nothing. */
export function Suggested({ text }: { text: string }) {
  const q = useSettled(text.trim().slice(0, ASKED));
  const asked = useQuery({
    queryKey: ["articles", "suggested", q],
    enabled: q.length >= LEAST,
    queryFn: ({ signal }) => body(client.POST("/kb/search", { body: { q, limit: 5 }, signal })),
    placeholderData: (before) => before,
    retry: false,
  });
  const near = q.length < LEAST ? [] : (asked.data?.results ?? []).filter(({ cosine }) => cosine >= RELATED);
  const articles = [...new Map(near.map((each) => [each.slug, each])).values()].slice(0, 3);
  return (
    <div role="status">
      {articles.length > 0 && (
        <Card title="Does one of these help?">
          <ul className="plain">
            {articles.map(({ slug, title, heading, text: begins }) => (
              <li key={slug}>
                <a href={address(`knowledge/${slug}`)} target="_blank" rel="noopener">{title}<span className="hidden"> (in a new tab)</span></a>
                <p className="quiet">{heading}: {begins}</p>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </div>
  );
}

/** The text as it was when the writer last paused. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
