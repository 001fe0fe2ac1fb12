import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Input, SearchField } from "react-aria-components";
import { articleQuery, articlesQuery, changed, foundArticlesQuery } from "../api/admin";
import { body, client } from "../api/client";
import { Problem } from "../api/problem";
import type { Schemas } from "../api/queries";
import { announce } from "../parts/announce";
import { Ask } from "../parts/dialog";
import { Card, Choose, Field } from "../parts/fields";
import { Push } from "../parts/push";
import { Empty, Loaded } from "../parts/states";
import { Time } from "../parts/time";
import { address, go, type Route } from "../routing";
import type { Me } from "../session";

export function Knowledge({ route, me }: { route: Route; me: Me }) {
  const [, slug, action] = route.path;
  if (me.role === "customer") return <PublicArticle slug={slug ?? ""} />;
  if (slug === undefined) return <List route={route} />;
  if (slug === "new") return <Editor />;
  return action === "edit" ? <Edit slug={slug} /> : <Article slug={slug} />;
}

function List({ route }: { route: Route }) {
  const q = route.query.get("q") ?? "";
  const cursor = route.query.get("cursor") ?? undefined;
  const [text, setText] = useState(q);
  const list = useQuery(articlesQuery(cursor));
  const found = useQuery(foundArticlesQuery(q));
  const search = (words: string) => go(address("knowledge", words.trim() ? new URLSearchParams({ q: words.trim() }) : undefined));
  return (
    <div className="page">
      <div className="list-head">
        <h1>Knowledge</h1>
        <SearchField aria-label="Search articles" className="search" value={text} onChange={setText} onSubmit={search} onClear={() => search("")}>
          <Input data-search placeholder="A question, then Enter" maxLength={200} />
        </SearchField>
        <a className="button primary" href="#/knowledge/new">New article</a>
      </div>
      {q ? (
        <Loaded asked={found}>
          {({ results }) =>
            results.length ? results.map(Found) : <Empty title="No article answers this"><a href="#/knowledge">All articles</a></Empty>
          }
        </Loaded>
      ) : (
        <Loaded asked={list}>
          {({ articles, next_cursor }) =>
            articles.length === 0 ? (
              <Empty title="There are no articles yet"><p>Drafts of replies cite articles. <a href="#/knowledge/new">Write the first one</a>.</p></Empty>
            ) : (
              <>
                <div className="table-wrap">
                  <table className="rows">
                    <thead><tr><th scope="col">Article</th><th scope="col">Readers</th><th scope="col" className="number">Sections</th><th scope="col">Changed</th></tr></thead>
                    <tbody>{articles.map(Row)}</tbody>
                  </table>
                </div>
                {next_cursor && <a className="button" href={address("knowledge", new URLSearchParams({ cursor: next_cursor }))}>More</a>}
              </>
            )
          }
        </Loaded>
      )}
    </div>
  );
}

const Row = ({ slug, title, tags, readers, sections, updated_at }: Schemas["ListedArticle"]) => (
  <tr key={slug}>
    <td className="main">
      <a className="row-link" href={address(`knowledge/${slug}`)}>{title}</a>
      <div className="sub"><code>{slug}</code>{tags.map((tag) => <span key={tag} className="tag">{tag}</span>)}</div>
    </td>
    <td>{readers}</td>
    <td className="number">{sections}</td>
    <td className="nowrap"><Time at={updated_at} /></td>
  </tr>
);

const Found = ({ slug, section, title, heading, text }: Schemas["SearchResult"]) => (
  <Card key={`${slug} ${section}`} title={title}>
    <p><a href={address(`knowledge/${slug}`)}>{heading}</a></p>
    <p className="written">{text}</p>
  </Card>
);

/** The sections as triage reads them: text, without any markup that could act. */
export const Sections = ({ sections }: { sections: readonly Schemas["SectionOfArticle"][] }) => (
  <>
    {sections.map(({ section, heading, text }) => (
      <section key={section} className="article-section">
        <h2>{heading}</h2>
        <div className="written">{text}</div>
      </section>
    ))}
  </>
);

/** What a requester reads of an article that is for everyone. */
function PublicArticle({ slug }: { slug: string }) {
  const asked = useQuery({ ...articleQuery(slug), enabled: slug !== "" });
  return (
    <div className="page narrow">
      <nav className="crumbs" aria-label="Way back"><a href="#/new">← New ticket</a></nav>
      {slug === "" ? <Empty title="Articles are found while you write a ticket" /> : (
        <Loaded asked={asked}>
          {({ title, sections }) => (
            <>
              <h1>{title}</h1>
              <Card title="What it says"><Sections sections={sections} /></Card>
            </>
          )}
        </Loaded>
      )}
    </div>
  );
}

const READERS = [
  { id: "staff", text: "staff", detail: "Those who work on tickets; drafts cite it" },
  { id: "everyone", text: "everyone", detail: "Customers too: they find it while they write a ticket" },
];

function Article({ slug }: { slug: string }) {
  const asked = useQuery(articleQuery(slug));
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => body(client.DELETE("/kb/articles/{slug}", { params: { path: { slug } } })),
    onSuccess: () => {
      announce("The article is deleted");
      // The lists only: this page still shows the article until the other one is there.
      void changed("articles", "list");
      void changed("articles", "found");
      go("#/knowledge");
    },
  });
  return (
    <div className="page narrow">
      <nav className="crumbs" aria-label="Way back"><a href="#/knowledge">← All articles</a></nav>
      <Loaded asked={asked}>
        {(article) => (
          <>
            <div className="list-head">
              <h1>{article.title}</h1>
              <a className="button" href={address(`knowledge/${slug}/edit`)}>Edit</a>
              <Push className="button" onPress={() => setAsking(true)}>Delete…</Push>
            </div>
            <p className="quiet"><code>{slug}</code> · for {article.readers} · changed <Time at={article.updated_at} /></p>
            <Card title="What it says"><Sections sections={article.sections} /></Card>
          </>
        )}
      </Loaded>
      {asking && (
        <Ask title="Delete this article?" onClose={() => setAsking(false)}>
          <p>Drafts that cite it keep their text; new ones do not find it any more.</p>
          <div className="buttons">
            <Push className="button danger" busy={remove.isPending} onPress={() => remove.mutate()}>Delete</Push>
            <Push className="button" onPress={() => setAsking(false)}>Cancel</Push>
          </div>
        </Ask>
      )}
    </div>
  );
}

function Edit({ slug }: { slug: string }) {
  const asked = useQuery({ ...articleQuery(slug), staleTime: Infinity });
  return <Loaded asked={asked}>{(article) => <Editor known={article} />}</Loaded>;
}

function Editor({ known }: { known?: Schemas["StoredArticle"] }) {
  const [slug, setSlug] = useState(known?.slug ?? "");
  const [title, setTitle] = useState(known?.title ?? "");
  const [text, setText] = useState(known?.body ?? "");
  const [readers, setReaders] = useState(known?.readers ?? "staff");
  const written = { title, body: text, readers, ...(known ? { tags: known.tags } : {}) };
  const save = useMutation({
    mutationFn: () => body(client.PUT("/kb/articles/{slug}", { params: { path: { slug } }, body: written })),
    onSuccess: (article) => {
      announce("The article is saved");
      void changed("articles");
      go(address(`knowledge/${article.slug}`));
    },
    onError: () => undefined,
  });
  const preview = useMutation({
    mutationFn: () => body(client.POST("/kb/preview", { body: written })),
    onError: () => undefined,
  });
  const refused = save.error ?? preview.error;
  const problem = refused instanceof Problem ? refused : null;
  const fault = (name: string) => problem?.faults.find(({ pointer }) => pointer === `/${name}` || pointer === name)?.detail;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  };
  return (
    <div className="page narrow">
      <nav className="crumbs" aria-label="Way back"><a href="#/knowledge">← All articles</a></nav>
      <h1>{known ? "Edit an article" : "New article"}</h1>
      <form className="form" onSubmit={send}>
        {problem && !fault("body") && !fault("title") && !fault("slug") && <p className="wrong" role="alert">{problem.sentence}</p>}
        <Field label="Name in addresses" value={slug} onChange={setSlug} isReadOnly={known !== undefined} isRequired fault={fault("slug")} help="Small letters, digits and hyphens, like printer-paper-jam" />
        <Field label="Title" value={title} onChange={setTitle} isRequired fault={fault("title")} />
        <Field label="Text, in Markdown" value={text} onChange={setText} rows={18} isRequired fault={fault("body")} help="Each heading begins a section, which replies cite." />
        <Choose label="Readers" value={readers} choices={READERS} onChange={(id) => setReaders(id as typeof readers)} />
        <div className="buttons">
          <Push type="submit" className="button primary" busy={save.isPending}>Save</Push>
          <Push className="button" busy={preview.isPending} onPress={() => { save.reset(); preview.mutate(); }}>Preview</Push>
          <a className="button" href={known ? address(`knowledge/${known.slug}`) : "#/knowledge"}>Cancel</a>
        </div>
      </form>
      {preview.data && <Card title={`Preview: ${preview.data.title}`}><Sections sections={preview.data.sections} /></Card>}
    </div>
  );
}
