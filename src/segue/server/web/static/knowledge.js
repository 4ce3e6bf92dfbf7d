// What an item is connected to in the knowledge graph.

import { el, itemPage, named, relationName, say } from "./core.js";

export const entityPage = (id) => (id.startsWith("item:") ? itemPage(id.slice(5)) : `entity?id=${encodeURIComponent(id)}`);

/** Its name, with who says so and in which words as a hint. */
const link = (one) => el("a", { href: entityPage(one.id), title: (one.said ?? []).map(told).join("\n") || null }, one.name);

const told = ({ by, quote }) => named("said", by) + (quote ? `: ${quote}` : "");

/** Entities by relation and the nearest items with what they share; null when nothing is known. */
export function knowledge(found) {
  if (!found.entities.length) return null;
  const by = new Map();
  for (const one of found.entities) by.set(one.relation, [...(by.get(one.relation) ?? []), one]);
  const rows = [...by].map(([relation, ones]) => el("div", {}, el("dt", {}, relationName(relation)),
    el("dd", {}, ones.flatMap((one, n) => [n ? " · " : "", link(one)]))));
  const near = found.neighbours.slice(0, 6).map((one) => el("li", {}, el("a", { href: itemPage(one.item) }, one.title),
    el("span", { class: "role" }, ` ${one.shared.slice(0, 3).map((s) => `${relationName(s.relation)}: ${s.name}`).join(" · ")}`)));
  return el("div", { class: "facts" }, el("section", {}, el("dl", {}, rows)),
    near.length && el("section", {}, el("h3", {}, say("entity.near")), el("ul", { class: "plain" }, near)));
}
