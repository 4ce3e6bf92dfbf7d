// One person, work, place or theme: what it is, its items, what it stands beside.

import { api, el, inPath, named, relationName, say, trouble } from "./core.js";
import { card, walkable } from "./cards.js";
import { entityPage } from "./knowledge.js";
import "./shell.js";

const id = new URLSearchParams(location.search).get("id") ?? "";
const place = document.querySelector("[data-entity]");
const items = document.querySelector("[data-items]");
walkable(items);

async function begin() {
  let entity;
  try {
    entity = await api(`entities/${inPath(id)}`);
  } catch (error) {
    place.setAttribute("aria-busy", "false");
    place.replaceChildren(error.status === 404 ? el("div", { class: "empty whole" }, el("p", {}, say("entity.unknown"))) : trouble(error, begin));
    return;
  }
  document.title = `${entity.name} · Segue`;
  place.setAttribute("aria-busy", "false");
  const near = [...entity.links, ...entity.related];
  place.replaceChildren(
    el("p", { class: "kicker" }, named("entity", entity.kind)),
    el("h1", {}, entity.name),
    el("p", { class: "hint" }, [...new Set(entity.items.map((one) => relationName(one.relation)))].slice(0, 6).join(" · ")),
    near.length && el("h2", {}, say("entity.related")),
    near.length && el("ul", { class: "tags" }, near.map((one) => el("li", {}, el("a", { href: entityPage(one.id) }, one.name)))),
    entity.items.length && el("h2", {}, say("entity.items")));
  items.replaceChildren(...entity.items.map((one, rank) => card(
    { item: one.item, title: one.card.title, kind: one.card.kind, card: one.card, reason: { text: relationName(one.relation), evidence: [] }, sources: [] },
    { rank, answer: { picks: [], request_id: null }, surface: "entity", onevent: () => {} })));
}

await begin();
