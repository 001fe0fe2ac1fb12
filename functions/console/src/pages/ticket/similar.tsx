import { useQueries } from "@tanstack/react-query";
import { ticketQuery, type Ticket } from "../../api/queries";
import { percent } from "../../format";
import { Card } from "../../parts/fields";
import { address } from "../../routing";

/** What research found: articles, solved tickets like it, and the requester's last ones. */
export function SimilarCard({ ticket }: { ticket: Ticket }) {
  const { articles = [], solved = [], history = [] } = ticket.research ?? {};
  const ids = [...solved.map(({ ticket_id }) => ticket_id), ...history].slice(0, 6);
  const found = useQueries({ queries: ids.map((id) => ticketQuery(id)) });
  if (!articles.length && !ids.length) return null;
  const subjects = new Map(ids.map((id, at) => [id, found[at]?.data?.subject ?? id]));
  const link = (id: string) => <a href={address(`tickets/${id}`)}>{subjects.get(id)}</a>;
  return (
    <Card title="Similar">
      {articles.length > 0 && (
        <>
          <h3>Articles</h3>
          <ul className="plain">
            {articles.slice(0, 5).map(({ slug, section, heading, cosine }) => (
              <li key={`${slug} ${section}`}>
                <a href={address(`knowledge/${slug}`)}>{heading}</a> <span className="quiet">{percent(Math.max(0, cosine))} alike</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {solved.length > 0 && (
        <>
          <h3>Solved before</h3>
          <ul className="plain">
            {solved.slice(0, 5).map(({ ticket_id, cosine }) => (
              <li key={ticket_id}>{link(ticket_id)} <span className="quiet">{percent(cosine)} alike</span></li>
            ))}
          </ul>
        </>
      )}
      {history.length > 0 && (
        <>
          <h3>The requester's last tickets</h3>
          <ul className="plain">{history.slice(0, 5).map((id) => <li key={id}>{link(id)}</li>)}</ul>
        </>
      )}
    </Card>
  );
}
