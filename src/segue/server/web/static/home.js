// Home: rows of recommendations that follow what the person does.

import { announce, api, become, cover, duration, el, icon, inPath, itemPage, kindName, language, me, newId, person, say, trouble } from "./core.js";
import { Row } from "./cards.js";
import { feel, feelAgain } from "./mood.js";
import { preview } from "./preview.js";
import { choosePerson, face } from "./shell.js";
import { together } from "./together.js";

const ORDER = ["track", "short", "podcast_episode", "podcast", "live", "movie", "series", "episode", "video", "game"];
const K = 14;
const place = document.querySelector("[data-rows]");
const rows = new Map();

const recommend = (more) => api("recommendations", {
  method: "POST",
  body: { user_id: me(), personal: Boolean(me()), k: K, language, cards: true, ...more, context: { surface: "home" } },
});

/** Which rows there are now: it depends on what the person did last. */
async function plan() {
  const user = me();
  const [status, history, profile] = await Promise.all([
    api("status"),
    user ? api(`users/${inPath(user)}/history?limit=50`) : [],
    user ? api(`users/${inPath(user)}/profile?written=false`) : null,
  ]);
  const done = history.find(({ event, card }) => card && ["complete", "like"].includes(event.kind))?.card;
  const loved = profile?.liked?.find((id) => id !== done?.id);
  const wanted = [{ id: "home", title: say(user ? "row.home" : "row.popular"), fetch: () => recommend({}), onshown: spotlight }];
  if (done) {
    wanted.push({ id: "like", title: say("row.like", { title: done.title ?? done.id }), optional: true,
      fetch: () => api(`items/${inPath(done.id)}/similar?k=${K}&user_id=${inPath(user)}&language=${language}&cards=true`) });
  }
  if (loved) {
    wanted.push({ id: "radio", title: say("row.radio", { title: profile.titles[loved] ?? loved }), optional: true,
      fetch: () => recommend({ recipe: "radio", seeds: [loved] }) });
  }
  wanted.push({ id: "new", title: say("row.new"), optional: true,
    fetch: () => recommend({ constraints: { min_year: new Date().getFullYear() - 1 } }) });
  const kinds = Object.keys(status.kinds ?? {}).sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  for (const kind of kinds.length > 1 ? kinds : []) {
    if (ORDER.includes(kind)) {
      wanted.push({ id: kind, title: say(`kinds.${kind}`), optional: true, fetch: () => recommend({ constraints: { kinds: [kind] } }) });
    }
  }
  return { wanted, items: status.counts?.items ?? 1, fresh: Boolean(user) && !history.length };
}

/** Rows further down are asked for when they come near. */
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    rows.get(target.dataset.row)?.refresh();
  }
}, { rootMargin: "600px 0px" });

function arrange(wanted) {
  for (const [id, row] of rows) {
    if (!wanted.some((one) => one.id === id)) {
      row.node.remove();
      rows.delete(id);
    }
  }
  wanted.forEach((one, index) => {
    let row = rows.get(one.id);
    if (row) {
      row.rename(one.title);
      row.fetch = one.fetch;
    } else {
      row = new Row({ ...one, onevent: follow });
      rows.set(one.id, row);
    }
    if (place.children[index] !== row.node) place.insertBefore(row.node, place.children[index] ?? null);
    if (!row.loaded) near.observe(row.node);
  });
}

/** The first pick, large: what one sees before anything else. Drawn anew only when it is another. */
function spotlight({ picks }) {
  const box = document.querySelector("[data-spotlight]");
  const pick = picks.find(({ card }) => card.playable) ?? picks[0];
  box.hidden = !pick;
  if (!pick || box.dataset.item === pick.item) return;
  box.dataset.item = pick.item;
  const { card } = pick;
  const name = card.title ?? card.id;
  const meta = [kindName(card.kind), card.creators[0], duration(card.duration_s), ...card.genres.slice(0, 2)].filter(Boolean).join(" · ");
  const words = el("p", { class: "spot-words", hidden: true });
  const tonight = me() && preview();
  const picture = () => el("img", { src: cover(card.id), alt: "", decoding: "async", width: 400, height: 400 });
  box.replaceChildren(
    el("div", { class: "spot-back", "aria-hidden": "true" }, picture()),
    el("div", { class: "spot-picture" }, picture()),
    el("div", { class: "spot-text" },
      el("p", { class: "kicker" }, say(me() ? "spotlight.you" : "spotlight.all")),
      el("h2", {}, name),
      el("p", { class: "meta" }, meta), words,
      pick.reason && el("p", { class: "reason" }, pick.reason.text),
      el("div", { class: "buttons" }, el("a", { class: "button", href: itemPage(card.id) + (card.playable ? "#play" : "") }, icon(card.playable ? "play" : "spark"), say(card.playable ? "spotlight.play" : "spotlight.open")), tonight?.button), tonight?.words));
  // The words of the item are not part of an answer's cards; without them the place stays as it is.
  api(`items/${inPath(card.id)}`).then((item) => {
    words.textContent = item.description ?? "";
    words.lang = item.language ?? "";
    words.hidden = !item.description;
  }, (error) => announce(error.message));
}

/** After the person has said or done something: plan anew, ask anew, say what changed. */
async function follow() {
  const top = scrollY;
  try {
    arrange((await plan()).wanted);
  } catch (error) {
    announce(error.message);
    return;
  }
  const told = await Promise.all([...rows.values()].filter((row) => row.loaded).map((row) => row.refresh()));
  await feelAgain();
  const first = told.find(Boolean);
  if (first) announce(first);
  scrollTo({ top, behavior: "instant" });
}

function welcome() {
  if (person()) return;
  const box = document.querySelector("[data-welcome]");
  const start = (id) => {
    become(id);
    location.reload();
  };
  const chips = el("div", { class: "chips" });
  box.replaceChildren(el("section", { class: "welcome" }, el("h2", {}, say("welcome.title")), el("p", {}, say("welcome.text")), chips));
  api("users?limit=8").then(({ users }) => {
    chips.replaceChildren(
      ...users.map((id) => el("button", { type: "button", class: "chip", onclick: () => start(id) }, face(id), id)),
      el("button", { type: "button", class: "chip", onclick: () => start(`guest-${newId().slice(0, 6)}`) }, say("who.new")),
      el("button", { type: "button", class: "chip", onclick: choosePerson }, say("welcome.more")));
  }).catch((error) => announce(error.message));
}

async function begin() {
  place.setAttribute("aria-busy", "true");
  try {
    const { wanted, items, fresh } = await plan();
    if (fresh && items) document.querySelector("[data-welcome]").replaceChildren(el("section", { class: "welcome" }, el("h2", {}, say("start.invite")), el("p", {}, say("start.invite.text")), el("p", {}, el("a", { class: "button", href: "start" }, say("start.invite.go")))));
    if (items === 0) place.replaceChildren(el("div", { class: "empty" }, el("p", {}, el("strong", {}, say("home.empty"))), el("p", {}, say("home.empty.how"))));
    else {
      place.replaceChildren();
      arrange(wanted);
    }
  } catch (error) {
    place.replaceChildren(trouble(error, begin));
  }
  place.setAttribute("aria-busy", "false");
}

welcome();
document.querySelector("[data-missing]").hidden = !me();
place.replaceChildren(...["a", "b"].map((id) => new Row({ id, title: "\u00a0", fetch: null }).node));
await Promise.all([begin(), together(follow)]);
await feel(follow);

document.addEventListener("segue:told", follow); // in the conversation beside the feed

addEventListener("pageshow", (event) => {
  if (event.persisted) follow(); // back from an item: the browser kept the page, the lists have moved on
});
