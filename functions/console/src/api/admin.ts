import { body, client } from "./client";
import { queries } from "./queries";

type Asked = { signal: AbortSignal };

export const failuresQuery = () => ({
  queryKey: ["failures"] as const,
  queryFn: ({ signal }: Asked) => body(client.GET("/admin/failures", { signal })),
});

export const articlesQuery = (cursor?: string) => ({
  queryKey: ["articles", "list", cursor ?? ""] as const,
  queryFn: ({ signal }: Asked) =>
    body(client.GET("/kb/articles", { params: { query: { limit: 100, ...(cursor ? { cursor } : {}) } }, signal })),
});

export const articleQuery = (slug: string) => ({
  queryKey: ["articles", "one", slug] as const,
  gcTime: 0,
  queryFn: ({ signal }: Asked) =>
    body(client.GET("/kb/articles/{slug}", { params: { path: { slug } }, signal })),
});

export const foundArticlesQuery = (q: string) => ({
  queryKey: ["articles", "found", q] as const,
  enabled: q !== "",
  queryFn: ({ signal }: Asked) => body(client.GET("/kb/search", { params: { query: { q } }, signal })),
});

export const accountsQuery = () => ({
  queryKey: ["accounts"] as const,
  queryFn: ({ signal }: Asked) => body(client.GET("/auth/accounts", { params: { query: { limit: 100 } }, signal })),
});

export const invitesQuery = () => ({
  queryKey: ["invites"] as const,
  queryFn: ({ signal }: Asked) => body(client.GET("/auth/invites", { signal })),
});

export const tokensQuery = () => ({
  queryKey: ["tokens"] as const,
  queryFn: ({ signal }: Asked) => body(client.GET("/auth/tokens", { signal })),
});

export const auditsQuery = () => ({
  queryKey: ["audits"] as const,
  queryFn: ({ signal }: Asked) => body(client.GET("/attribution/audits", { signal })),
});

export const runsQuery = () => ({
  queryKey: ["attribution", "runs"] as const,
  queryFn: ({ signal }: Asked) => body(client.GET("/attribution/runs", { params: { query: { limit: 20 } }, signal })),
});

export const reportsQuery = () => ({
  queryKey: ["attribution", "reports"] as const,
  queryFn: ({ signal }: Asked) => body(client.GET("/reports", { params: { query: { limit: 20 } }, signal })),
});

/** Reads again whatever has a key that begins so. */
export const changed = (...key: string[]) => queries.invalidateQueries({ queryKey: key });
