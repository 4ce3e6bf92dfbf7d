// Why this, and why not that: a drawer with the evidence, what it weighs, and what one can do about it.

import { announce, api, cover, el, icon, inPath, itemPage, kindName, language, me, named, newId, number, percent, record, say, told, when } from "./core.js";
import { bars } from "./charts.js";
import { entityPage } from "./knowledge.js";

const CHOICES = ["like", "not_interested", "already_seen"];
const MOST_TOPICS = 3;
const MOST_LACKS = 4;
const points = (value) => number(value, 2);

/**
 * Open the drawer of a pick. `answer`: the list in which its card stands, which is explained as it was asked for; without
 * one, the home list. `surface`: where that is; `onevent`: called after the person has said something.
 */
export function openWhy(pick, { answer, surface, onevent } = {}) {
  const item = pick.card;
  const name = item.title ?? item.id;
  const body = el("div", { class: "drawer-body" });
  const dialog = el("dialog", { class: "drawer", "aria-labelledby": "why-title", onclose: () => dialog.remove(), onclick: (event) => event.target === dialog && dialog.close() },
    el("header", { class: "drawer-head" },
      el("img", { src: cover(item.id), alt: "", width: 72, height: 72 }),
      el("div", {}, el("p", { class: "kicker" }, say("why.title")),
        el("h2", { id: "why-title", tabindex: -1 }, el("a", { href: itemPage(item.id) }, name)),
        el("p", { class: "meta" }, [kindName(item.kind), item.creators[0]].filter(Boolean).join(" · "))),
      el("button", { type: "button", class: "plain", "aria-label": say("close"), autofocus: true, onclick: () => dialog.close() }, icon("close"))),
    body);
  const asked = pick.query ?? answer?.query ?? null;
  const search = surface === "search";
  const byHand = surface === "playlist" && !asked; // it asks for nothing: what was told then is all there is
  const show = (account, home, problem) => {
    const inside = body.contains(document.activeElement);
    body.replaceChildren(...parts(pick, { account, home, problem, search, byHand, listed: Boolean(asked), onevent: heard }));
    if (inside) dialog.querySelector("h2").focus();
  };
  /** The person has said something: the account follows, and so do the lists of the page. */
  const heard = (kind) => {
    onevent ? onevent(kind, item) : told();
    load();
  };
  const explained = (query, request) => api("explanations", { method: "POST", body: { user_id: me(), item: item.id, language, level: "full", query, request_id: request || null } });
  const load = async () => {
    try {
      const account = byHand ? null : await explained(asked ?? {}, answer?.request_id);
      show(account, null);
      // Somebody who looks for a title also wants to know what keeps it from the list.
      if (search && asked) show(account, await explained({}));
    } catch (error) {
      show(null, null, error);
    }
  };
  show(null, null);
  document.body.append(dialog);
  dialog.showModal();
  if (me()) load();
  else body.append(el("p", { class: "hint" }, say("why.nobody")));
}

/** `account`: of the list in which the card stands; `home`: of the home list beside it; `listed`: it stands in one. */
function parts(pick, { account, home, problem, search, byHand, listed, onevent }) {
  const own = pick.reason && !(account?.shown && account.reason?.text === pick.reason.text) ? pick.reason : null;
  const waiting = !account && !problem && !byHand && me();
  const takeBack = (one) => press(say("why.takeback", { what: one.text }), () => tell("clear", { [TAKEN_BACK[one.what]]: one.ref }), say("why.takeback.done"), onevent);
  const title = ({ shown }) => {
    if (!own) return shown ? "why.shown" : "why.not";
    return listed ? "why.again" : shown ? "why.list" : "why.list.not";
  };
  return [
    own && el("section", { data: { why: "here" } }, el("h3", {}, say(search ? "why.found" : "why.here")), el("p", { class: "lead" }, own.text), evidence(own.evidence ?? [], pick.card)),
    waiting && el("section", { "aria-busy": "true" }, el("div", { class: "bone wide" }), el("div", { class: "bone" }), el("div", { class: "bone" })),
    problem && el("p", { class: "problem", role: "alert" }, problem.message),
    account && accounted(account, pick, { title: say(title(account)), name: account.shown ? "shown" : "not", listed, takeBack }),
    home && home.text !== account.text && accounted(home, pick, { title: say(home.shown ? "why.list" : "why.list.not"), name: "home", takeBack }),
    me() && whatToDo(pick, account, onevent),
  ].filter(Boolean);
}

/** What became of the item in a real request, made now. `name`: of the section; `listed`: it stands in another list than home. */
function accounted(account, { card }, { title, name, listed, takeBack }) {
  const score = account.account?.score;
  return el("section", { data: { why: name } },
    el("h3", {}, title),
    standing(account),
    el("p", { class: "lead" }, account.paragraph ?? account.text),
    account.then?.at && account.then.rank !== null && el("p", { class: "hint" }, say("why.then", { when: when(account.then.at), rank: number(account.then.rank + 1) })),
    takenOut(account.obstacles, takeBack),
    behind(account.lacks),
    evidence(supporting(account), card, score),
    blend(account.account?.parts ?? []),
    account.degraded.length ? el("p", { class: "hint" }, say("row.degraded")) : null,
    el("p", { class: "hint" }, say(listed ? "why.now.list" : "why.now")));
}

/** The evidence of all claims, each once; that of the one line where nothing was measured. */
function supporting({ account, reason }) {
  const all = account?.claims?.flatMap((claim) => claim.evidence) ?? reason?.evidence ?? [];
  return [...new Map(all.map((one) => [`${one.kind} ${one.ref} ${one.via}`, one])).values()];
}

/** At a glance, of what is not shown: what took it out, or its place. */
function standing({ shown, rank, of, removed_by: removed }) {
  if (shown) return null;
  const marks = removed.length ? removed.map((one) => named("filter", one)) : [say("why.rank.below", { rank: number(rank), of: number(of) })];
  return el("ul", { class: "segments" }, marks.map((mark) => el("li", { class: removed.length ? "label out" : "label" }, mark)));
}

/** What keeps it out, and what the person can take back of that. */
function takenOut(obstacles, takeBack) {
  const own = obstacles.filter(({ what }) => what in TAKEN_BACK);
  return own.length ? el("div", { class: "buttons" }, own.map((one) => takeBack(one))) : null;
}

const TAKEN_BACK = { item: "item_id", snooze: "item_id", topic: "topic", "topic until": "topic" };

/** By what it stays behind the last one that is shown. */
function behind(lacks) {
  if (!lacks.length) return null;
  return el("div", { class: "evidence" }, el("h4", {}, say("why.lacks")),
    bars(lacks.slice(0, MOST_LACKS).map((one) => ({ name: named("channel", one.channel), share: one.behind, against: true })), points));
}

/** Bars: what counts for the score is drawn, with what goes without it; what is merely true is told. */
export function evidence(entries, card, score) {
  const shown = entries.map((one) => {
    const lost = one.influence > 0 && score > 0 ? Math.min(1, one.influence / score) : null;
    const counts = one.via !== "shared" && one.via !== "fact" && one.via !== "place";
    const via = one.via ? say(`why.via.${one.via}`) : null;
    const own = via && one.name === (card.title ?? card.id); // of the item itself, only how it speaks says anything
    return { name: own ? via : linked(one, card), share: counts ? lost ?? one.weight : 0, via: own ? null : via, measured: lost !== null };
  });
  const drawn = shown.filter((one) => one.share > 0).sort((a, b) => b.share - a.share);
  const others = shown.filter((one) => one.share <= 0);
  if (!shown.length) return null;
  return el("div", { class: "evidence" },
    drawn.length ? el("h4", {}, say(drawn.some((one) => one.measured) ? "why.measured" : "why.evidence")) : null,
    drawn.length ? bars(drawn.map(({ name, share, via }) => ({ name, share, note: via })), percent, 1) : null,
    others.length ? el("ul", { class: "plain-list" }, others.map(({ name, via }) => el("li", {}, name, via && el("span", { class: "hint" }, ` · ${via}`)))) : null);
}

/** What evidence is called, as a link to where one can read about it. */
function linked({ kind, ref, name }, card) {
  const called = kind === "words" && ref ? ref : name; // of a word, the name is the field in which it stands
  const to = ["seed", "session", "item"].includes(kind) ? (ref === card.id ? null : itemPage(ref))
    : kind === "entity" ? entityPage(ref)
    : ref && (kind === "topic" || kind === "words") ? `search?q=${encodeURIComponent(called)}`
    : kind === "mood" ? `./?mood=${encodeURIComponent(ref)}`
    : kind === "said" ? "person" : null;
  return to ? el("a", { href: to }, called) : called;
}

/** What each part of the ranking has added. */
function blend(parts) {
  const added = parts.filter((one) => Math.abs(one.added) >= 0.005);
  return added.length ? el("details", {}, el("summary", {}, say("why.parts")), el("p", { class: "hint" }, say("why.parts.how")),
    bars(added.map((one) => ({ name: named("part", one.name), share: one.added, against: one.added < 0 })), points)) : null;
}

const tell = (kind, about) => api("events", { method: "POST", body: { id: newId(), user_id: me(), kind, at: new Date().toISOString(), source: "web", ...about } });

/** A button that does something for the person, says that it is done, and lets the lists follow. */
function press(text, doing, done, onevent) {
  return el("button", { type: "button", class: "quiet small", onclick: async () => {
    try {
      await doing();
    } catch (error) {
      announce(error.message);
      return;
    }
    announce(done);
    onevent();
  } }, text);
}

/** What a person can do about it. */
function whatToDo({ card, reason }, account, onevent) {
  const topics = new Map();
  for (const one of [...(account?.reason?.evidence ?? []), ...(reason?.evidence ?? [])]) {
    if (one.kind === "topic") topics.set(topicOf(one, card), one.name);
  }
  for (const genre of card.genres) if (topics.size < MOST_TOPICS) topics.set(`genre:${genre.trim().toLowerCase()}`, genre);
  const title = card.title ?? card.id;
  return el("section", { data: { why: "do" } }, el("h3", {}, say("why.do")),
    el("div", { class: "buttons" }, CHOICES.map((kind) => press(say(`do.${kind}`), () => record(kind, card), say(`done.${kind}`, { title }), onevent))),
    [...topics].slice(0, MOST_TOPICS).map(([topic, name]) => el("div", { class: "topic-do", role: "group", "aria-label": name }, el("span", {}, name),
      press(say("why.more"), () => tell("like", { topic }), say("why.more.done", { topic: name }), onevent),
      press(say("why.less"), () => tell("dislike", { topic }), say("why.less.done", { topic: name }), onevent))),
    el("p", {}, el("a", { href: "person#portrait" }, say("why.portrait"))));
}

/** The key of a topic of which only the name may stand in the evidence. */
function topicOf({ ref, name }, card) {
  if (ref.includes(":")) return ref;
  const same = (one) => one.trim().toLowerCase() === name.trim().toLowerCase();
  const sort = card.genres.some(same) ? "genre" : card.creators.some(same) ? "creator" : "tag";
  return `${sort}:${name.trim().toLowerCase()}`;
}
