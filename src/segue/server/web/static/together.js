// Tonight together: one list for several people of a household, whom each pick suits, and what somebody vetoes.

import { announce, api, el, inPath, language, me, newId, percent, say, trouble } from "./core.js";
import { card, walkable } from "./cards.js";
import { face } from "./shell.js";

const STRATEGIES = ["average", "least_misery", "fairness", "veto"];
const FEWEST = 2;
const MOST = 8;
const K = 8;
const AGES = [6, 12, 16, 18];

const place = document.querySelector("[data-together]");
const state = { account: null, members: [], here: new Set(), strategy: "average", vetoed: new Map(), asked: 0 };

const list = el("ul", { class: "cards", "aria-labelledby": "together-title" });
const chips = el("div", { class: "chips", role: "group", "aria-label": say("together.who") });
const ways = el("div", { class: "chips", role: "group", "aria-label": say("together.strategy") });
const vetoes = el("ul", { class: "chips" });
const told = el("p", { class: "hint", role: "status" });
walkable(list);

/** Show the section to somebody who is here. `changed`: called after the group has chosen. */
export async function together(changed) {
  if (!place || !me()) return;
  state.changed = changed;
  try {
    take(await api(`accounts?member=${encodeURIComponent(me())}`));
  } catch (error) {
    place.replaceChildren(trouble(error, () => together(changed)));
    place.hidden = false;
    return;
  }
  place.replaceChildren(
    el("div", { class: "row-head" }, el("h2", { id: "together-title" }, say("together.title")), told),
    el("div", { class: "together-ask" }, chips, ways), vetoes, list);
  place.hidden = false;
  draw();
  await ask();
}

function take(household) {
  const known = new Set(state.members.map((one) => one.user_id));
  state.account = household.account;
  state.members = household.members;
  for (const { user_id: user } of household.members) if (!known.has(user) && state.here.size < MOST) state.here.add(user);
}

function draw() {
  chips.replaceChildren(...state.members.map((one) =>
    el("button", { type: "button", class: "chip member", "aria-pressed": String(state.here.has(one.user_id)), data: { member: one.user_id }, onclick: () => toggle(one.user_id) },
      face(one.user_id), one.name, one.max_maturity !== null && el("span", { class: "hint" }, say("together.upto", { age: one.max_maturity })))),
    el("button", { type: "button", class: "chip", data: { add: "" }, onclick: add }, say("together.add")));
  const few = state.members.length < FEWEST;
  ways.hidden = few;
  ways.replaceChildren(...STRATEGIES.map((name) =>
    el("button", { type: "button", class: "chip", "aria-pressed": String(state.strategy === name), title: say(`together.${name}.how`), data: { strategy: name }, onclick: () => choose(name) }, say(`together.${name}`))));
  vetoes.hidden = !state.vetoed.size;
  vetoes.replaceChildren(...[...state.vetoed].map(([id, title]) =>
    el("li", {}, el("button", { type: "button", class: "chip", "aria-label": say("together.allow", { title }), onclick: () => allow(id) }, el("s", {}, title), " ×"))));
}

function toggle(user) {
  if (state.here.has(user)) state.here.delete(user);
  else if (state.here.size < MOST) state.here.add(user);
  else announce(say("together.most", { most: MOST }));
  draw();
  focusOn(`[data-member="${CSS.escape(user)}"]`);
  ask();
}

function choose(strategy) {
  state.strategy = strategy;
  draw();
  focusOn(`[data-strategy="${strategy}"]`);
  ask();
}

function allow(id) {
  state.vetoed.delete(id);
  draw();
  (vetoes.querySelector("button") ?? chips.querySelector("button")).focus({ preventScroll: true });
  ask();
}

const focusOn = (selector) => place.querySelector(selector)?.focus({ preventScroll: true });

/** Ask again after a button on a card that is gone with the others; the keyboard goes on at the first of the new ones. */
async function askOn(button) {
  await ask();
  (list.querySelector(button) ?? chips.querySelector("button")).focus({ preventScroll: true });
}

/** Those who are here, as the account lists them. */
const group = () => state.members.filter((one) => state.here.has(one.user_id)).map((one) => one.user_id);

async function ask() {
  const people = group();
  const number = ++state.asked;
  if (people.length < FEWEST) {
    list.replaceChildren();
    told.textContent = say(state.members.length < FEWEST ? "together.alone" : "together.few");
    return;
  }
  let answer;
  try {
    answer = await api("recommendations", { method: "POST", body: {
      group: people, strategy: state.strategy, k: K, language, cards: true, constraints: { exclude: [...state.vetoed.keys()] }, context: { surface: "together" } } });
  } catch (error) {
    if (number === state.asked) list.replaceChildren(el("li", { class: "whole" }, trouble(error, ask)));
    return;
  }
  if (number !== state.asked) return; // somebody has changed their mind since
  told.textContent = summary(answer.group);
  list.replaceChildren(...(answer.picks.length ? answer.picks.map((pick, rank) => shown(pick, rank, answer, people))
    : [el("li", { class: "whole empty" }, nothing(people))]));
}

/** Why there is nothing: most often the youngest decides, and hardly anything states an age. */
function nothing(people) {
  const limited = state.members.filter((one) => people.includes(one.user_id) && one.max_maturity !== null);
  if (!limited.length) return say("row.empty");
  return say("together.empty", { name: limited.reduce((a, b) => (b.max_maturity < a.max_maturity ? b : a)).name });
}

function summary({ strategy, members }) {
  const before = strategy === "fairness" ? members.filter((one) => one.so_far !== null) : [];
  if (!before.length) return say(`together.${strategy}.how`);
  const owed = before.reduce((a, b) => (b.counts > a.counts ? b : a));
  return say("together.owed", { name: owed.name, counts: percent(owed.counts) });
}

/** A card with whom it suits, and what can be said of it together. */
function shown(pick, rank, answer, people) {
  const node = card({ ...pick, reason: null }, { rank, answer, surface: "together", onevent: ask });
  const title = pick.card.title ?? pick.item;
  node.classList.add("for-all");
  node.append(
    el("ul", { class: "suits", "aria-label": say("together.suits", { title }) }, pick.suits.map(suits)),
    el("div", { class: "buttons" },
      el("button", { type: "button", class: "small", data: { take: "" }, onclick: () => settle(pick, title, people) }, say("together.take")),
      el("button", { type: "button", class: "small quiet", data: { veto: "" }, "aria-label": say("together.veto.of", { title }), onclick: () => veto(pick.item, title) }, say("together.veto"))));
  return node;
}

function suits({ user_id: user, name, suits: share, reason }) {
  const fill = el("span", { class: "fill", style: { width: `${Math.max(2, Math.round(100 * share))}%` } });
  return el("li", { data: { suits: user } }, el("span", { class: "bar-name" }, name), el("span", { class: "bar-value" }, percent(share)),
    el("span", { class: "track", "aria-hidden": "true" }, fill), reason && el("span", { class: "bar-note", title: reason.text }, reason.text));
}

function veto(id, title) {
  state.vetoed.set(id, title);
  announce(say("together.vetoed", { title }));
  draw();
  askOn("[data-veto]");
}

async function settle(pick, title, people) {
  try {
    await api("groups/choices", { method: "POST", body: { id: newId(), group: people, item: pick.item } });
  } catch (error) {
    announce(error.message);
    return;
  }
  announce(say("together.taken", { title }));
  await askOn("[data-take]");
  state.changed?.();
}

/** A dialog that adds a member; the first one brings along who is here. */
function add() {
  const name = el("input", { id: "member-name", required: true, maxlength: 60, autocomplete: "off" });
  const age = el("select", { id: "member-age" }, el("option", { value: "" }, say("together.age.any")), AGES.map((years) => el("option", { value: years }, say("together.upto", { age: years }))));
  const wrong = el("p", { class: "problem", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    const same = state.members.find((one) => one.name.toLowerCase() === name.value.trim().toLowerCase());
    if (same) {
      wrong.textContent = say("together.same", { name: same.name });
      name.select();
      return;
    }
    try {
      const account = state.account ?? me();
      const put = (body) => api(`accounts/${inPath(account)}/members`, { method: "PUT", body });
      if (state.account === null) await put({ user_id: me(), name: me().slice(0, 60) });
      state.account = account;
      await put({ name: name.value, ...(age.value ? { max_maturity: Number(age.value) } : {}) });
      take(await api(`accounts/${inPath(account)}/members`));
    } catch (error) {
      wrong.textContent = error.message;
      name.select();
      return;
    }
    dialog.close();
    draw();
    focusOn("[data-add]");
    ask();
  };
  const dialog = el("dialog", { class: "ask", "aria-labelledby": "member-title", onclose: () => dialog.remove() },
    el("form", { onsubmit: submit }, el("h2", { id: "member-title" }, say("together.add")), el("p", {}, say("together.add.how")),
      el("label", { for: "member-name" }, say("together.name")), name, el("label", { for: "member-age" }, say("together.age")), age, wrong,
      el("div", { class: "buttons" }, el("button", {}, say("together.add.yes")), el("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, say("cancel")))));
  document.body.append(dialog);
  dialog.showModal();
}
