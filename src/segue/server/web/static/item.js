// One item: play it, read about it, see why it is here and what is like it.

import { announce, api, clock, cover, duration, el, icon, inPath, itemPage, kindName, language, me, named, percent, record, roleName, say, trouble, when } from "./core.js";
import { Row } from "./cards.js";
import { facts } from "./facts.js";
import { film } from "./film.js";
import { labels } from "./labels.js";
import { knowledge } from "./knowledge.js";
import { player, soundOnly } from "./player.js";
import { spoken } from "./spoken.js";
import { evidence, openWhy } from "./why.js";
import "./shell.js";

const id = new URLSearchParams(location.search).get("id") ?? "";
const place = document.querySelector("[data-item]");

async function begin() {
  let item;
  try {
    item = await api(`items/${inPath(id)}`);
  } catch (error) {
    place.setAttribute("aria-busy", "false");
    place.replaceChildren(error.status === 404
      ? el("div", { class: "empty whole" }, el("p", {}, el("strong", {}, say("item.unknown"))), el("a", { href: "./" }, say("item.back")))
      : trouble(error, begin));
    return;
  }
  const name = item.title ?? item.id;
  document.title = `${name} · Segue`;
  const note = el("p", { class: "note changed", "aria-live": "polite" });
  const why = el("section", { class: "why", id: "why", hidden: true });
  const found = el("section", { class: "found-in", hidden: true });
  const copies = el("section", { class: "copies", hidden: true });
  const said = el("section", { class: "found-in labels-of", hidden: true });
  const connected = el("section", { class: "found-in", hidden: true });
  const similar = new Row({ id: "similar", title: say("row.similar"), optional: true, onevent: () => similar.refresh(),
    fetch: () => api(`items/${inPath(id)}/similar?k=14&language=${language}&cards=true${me() ? `&user_id=${inPath(me())}` : ""}`) });

  /** The person has done something: say so here, and let the list follow. */
  const told = (kind) => {
    if (kind === "now_playing") return;
    note.replaceChildren(icon("spark"), say(`noted.${kind}`));
    similar.refresh();
  };
  const stage = item.media_uri ? player(item, await soundOnly(item), told)
    : el("div", { class: "stage" }, el("img", { src: cover(item.id), alt: "", class: "sleeve", width: 400, height: 400 }));
  place.setAttribute("aria-busy", "false");
  place.replaceChildren(
    el("div", { class: "stage-wrap" }, stage),
    el("div", { class: "main" },
      el("div", { class: "about" },
        el("p", { class: "kicker" }, [kindName(item.kind), item.series, item.album].filter(Boolean).join(" · ")),
        el("h1", {}, name),
        credits(item),
        el("div", { class: "buttons" }, me() ? choices(item, told) : el("p", { class: "hint" }, say("item.choose"))),
        note,
        item.description && el("p", { class: "description", lang: item.language }, item.description),
        details(item),
        tags(item),
        why),
      found),
    el("div", { class: "beside" }, said, copies, connected));
  document.querySelector("[data-rows]").append(similar.node);
  similar.refresh();
  // Whoever came by "Play" has asked for it; a browser that still refuses leaves the button there.
  if (location.hash === "#play") place.querySelector("audio, video")?.play().catch(() => {});
  explain(why, item);
  duplicates(copies);
  understood(found);
  labels(said, id);
  connections(connected);
}

function credits(item) {
  if (!item.creators.length) return null;
  const roles = new Map(); // whoever did several things is named once
  for (const [who, role] of item.creators) roles.set(who, [...(roles.get(who) ?? []), roleName(role)]);
  return el("p", { class: "credits" }, [...roles].map(([who, did], index) =>
    el("span", {}, index ? " · " : "", el("a", { href: `search?q=${encodeURIComponent(who)}` }, who), el("span", { class: "role" }, ` ${did.join(", ")}`))));
}

function choices(item, told) {
  return ["like", "not_interested", "already_seen"].map((kind) => {
    const button = el("button", { type: "button", class: "quiet", "aria-pressed": "false", onclick: async () => {
      try {
        await record(kind, item);
      } catch (error) {
        announce(error.message);
        return;
      }
      button.setAttribute("aria-pressed", "true");
      announce(say(`done.${kind}`, { title: item.title ?? item.id }));
      told(kind);
    } }, icon(kind), say(`do.${kind}`));
    return button;
  });
}

function details(item) {
  const rows = [
    ["length", duration(item.duration_s)],
    ["released", item.released],
    ["language", item.language && languageName(item.language)],
    ["from", !item.extra.schedule && item.available_from && when(item.available_from)],
    ["until", !item.extra.schedule && item.available_until && when(item.available_until)],
    ["age", item.maturity !== null && item.maturity !== undefined ? say("item.age.value", { age: item.maturity }) : null],
    ["number", item.number && [item.season && say("item.season", { season: item.season }), say(item.kind === "track" ? "item.place" : "item.episode", { number: item.number })].filter(Boolean).join(" ")],
    ...Object.entries(item.extra).filter(([, value]) => ["string", "number"].includes(typeof value)).slice(0, 8).map(([key, value]) => [key, shown(value)]),
    ...schedule(item),
  ].filter(([, value]) => value);
  return rows.length ? el("dl", { class: "details" }, rows.map(([key, value]) => el("div", {}, el("dt", {}, named("item", key)), el("dd", {}, String(value))))) : null;
}

const shown = (value) => (/^\d{4}-\d\d-\d\dT/.test(value) ? when(value) : value);

/** A live stream says when it runs: a list of times, or of {from, until, title}. */
function schedule(item) {
  const times = item.extra.schedule;
  if (!Array.isArray(times)) return [];
  return times.slice(0, 5).map((time) => {
    const [from, until] = typeof time === "string" ? [time] : [time?.from ?? time?.start, time?.until ?? time?.end];
    const span = [from, until].filter((t) => typeof t === "string").map(shown).join(" – ");
    return ["schedule", [span, time?.title].filter((part) => typeof part === "string" && part).join(" · ")];
  });
}

function languageName(tag) {
  try {
    return new Intl.DisplayNames([language === "zh" ? "zh-CN" : "en"], { type: "language" }).of(tag);
  } catch {
    return tag;
  }
}

function tags(item) {
  const words = [...new Set([...item.genres, ...item.tags])];
  return words.length ? el("ul", { class: "tags" }, words.map((word) => el("li", {}, el("a", { href: `search?q=${encodeURIComponent(word)}` }, word)))) : null;
}

async function explain(node, item) {
  const card = { ...item, creators: item.creators.map(([name]) => name) };
  const whole = el("button", { type: "button", class: "quiet", "aria-haspopup": "dialog", onclick: () => openWhy({ item: item.id, card, reason: null }, { surface: "item" }) }, say("why.whole"));
  if (!me()) return;
  try {
    const said = await api(`explanations?user_id=${inPath(me())}&item=${inPath(id)}&language=${language}`);
    node.replaceChildren(...[el("h2", {}, say(said.shown ? "why.shown" : "why.not")), el("p", {}, said.text), evidence(said.reason?.evidence ?? [], card), whole].filter(Boolean));
    node.hidden = false;
  } catch (error) {
    node.replaceChildren(el("p", { class: "hint" }, error.message));
    node.hidden = false;
  }
}

/** Where else the same recording or the same pictures are; nothing is shown when there is no copy. */
async function duplicates(node) {
  try {
    const links = await api(`items/${inPath(id)}/duplicates`);
    if (!links.length) return;
    node.replaceChildren(el("h2", {}, say("copies.title")), el("ul", {}, links.map((link) => el("li", {},
      el("a", { href: itemPage(link.item) }, link.title ?? link.item),
      el("span", { class: "hint" }, " · ", say(`copies.${link.kind}`, { share: percent(link.similarity) }),
        link.seconds ? ` · ${say("copies.where", { here: clock(link.starts_s), there: clock(link.other_starts_s), length: clock(link.seconds) })}` : "")))));
    node.hidden = false;
  } catch (error) {
    node.replaceChildren(el("p", { class: "hint" }, error.message));
    node.hidden = false;
  }
}

async function understood(node) {
  try {
    const read = await api(`items/${inPath(id)}/facts`);
    const shown = facts(read);
    const drawn = film(id, read.picture, place.querySelector("video"));
    const said = spoken(read.transcript, place.querySelector("video, audio"));
    if (!shown && !drawn && !said) return;
    node.replaceChildren(el("h2", {}, say("facts.title")), ...[drawn, shown, said].filter(Boolean));
    node.hidden = false;
  } catch (error) {
    node.replaceChildren(el("p", { class: "hint" }, error.message));
    node.hidden = false;
  }
}

async function connections(node) {
  try {
    const shown = knowledge(await api(`items/${inPath(id)}/knowledge`));
    if (!shown) return;
    node.replaceChildren(el("h2", {}, say("entity.title")), shown);
    node.hidden = false;
  } catch (error) {
    node.replaceChildren(el("p", { class: "hint" }, error.message));
    node.hidden = false;
  }
}

await begin();
