// What every page needs: words, elements, the API, and who is here. Data becomes text nodes, never markup.

export const language = document.body.dataset.language;
const locale = language === "zh" ? "zh-CN" : "en-GB";
const messages = await (await fetch(`messages/${language}.json`)).json();

/** Marks that turn the direction of what follows: a title in a sentence must not turn the sentence round. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The message of that name, with {names} filled in. */
export function say(name, values = {}) {
  const text = messages[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => {
    const value = values[key] ?? whole;
    return typeof value === "string" ? value.replace(TURNS, "") : value;
  });
}

export const has = (name) => Object.hasOwn(messages, name);

/** The name of a word from the catalogue, such as a role; the word itself where nobody has translated it. */
export const named = (group, word) => (has(`${group}.${word}`) ? messages[`${group}.${word}`] : word);

/** What somebody did, whatever the case in which the catalogue writes it. */
export function roleName(role) {
  const plain = role.trim().toLowerCase();
  return has(`role.${plain}`) ? named("role", plain) : role;
}

/** What connects two entities; much of that is a role. */
export const relationName = (relation) => (has(`relation.${relation}`) ? named("relation", relation) : roleName(relation));

/** An element. Properties starting with "on" are listeners, "data" is the data set, the rest are attributes. */
export function el(tag, properties = {}, ...children) {
  const svg = tag === "svg" || tag === "path" || tag === "circle" || tag === "rect";
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "style") for (const [key, part] of Object.entries(value)) node.style.setProperty(key, part);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const ICONS = {
  more: "M12 5h.01M12 12h.01M12 19h.01",
  play: "M8 5.500v13l10.500-6.500z",
  left: "M14.500 5l-7 7 7 7",
  right: "M9.500 5l7 7-7 7",
  like: "M12 20s-7.500-4.700-7.500-10A4.200 4.200 0 0 1 12 7.300 4.200 4.200 0 0 1 19.500 10c0 5.300-7.500 10-7.500 10z",
  not_interested: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM6 6l12 12",
  already_seen: "M4.500 12.500l5 5 10-11",
  up: "M12 19V5.500M6 11l6-6 6 6",
  down: "M12 5v13.500M6 13l6 6 6-6",
  stop: "M7 7h10v10H7z",
  close: "M6 6l12 12M18 6L6 18",
  add: "M12 5v14M5 12h14",
  past: "M4 12a8 8 0 1 0 2.600-5.900M4 4.500V8h3.500M12 8v4.500l3 1.800",
  whole: "M14 5h5v5M19 5l-6.500 6.500M10 19H5v-5M5 19l6.500-6.500",
  bin: "M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12",
  talk: "M4.500 6.500h15v10H11l-4.500 3.500v-3.500h-2z",
  spark: "M12 4l1.800 5.200L19 11l-5.200 1.800L12 18l-1.800-5.200L5 11l5.200-1.800z",
};

export function icon(name) {
  const shape = el("path", { d: ICONS[name], fill: "none", stroke: "currentColor", "stroke-width": 2,
    "stroke-linecap": "round", "stroke-linejoin": "round" });
  return el("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, shape);
}

// The API

/** What the server said was wrong; `kind` as the type of its problem document says: "busy", "overloaded" … */
export class Problem extends Error {
  constructor(status, detail, kind = "") {
    super(detail);
    this.status = status;
    this.kind = kind;
  }

  /** Whether it is the conversation that is gone, and nothing else that is missing. */
  get noConversation() {
    return this.kind === "unknown-conversation";
  }
}

/** Call the API with JSON; the answer, whose body is still to be read. Throws a Problem; asks for the key where the server wants one. */
export async function open(path, { method = "GET", body, signal } = {}) {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  let answer;
  try {
    answer = await fetch(`v1/${path}`, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, say("error.offline"));
  }
  if (answer.status === 401 && path !== "session") {
    await askForKey();
    return open(path, { method, body, signal });
  }
  if (!answer.ok) {
    const content = await answer.json().catch(() => ({}));
    throw new Problem(answer.status, content.detail ?? answer.statusText, content.type?.replace("urn:segue:problem:", ""));
  }
  return answer;
}

/** The same, with the answer read: JSON in, JSON out. */
export async function api(path, options) {
  const answer = await open(path, options);
  return answer.status === 204 ? null : answer.json().catch(() => ({}));
}

export const inPath = (id) => encodeURIComponent(id);
export const itemPage = (id) => `item?id=${encodeURIComponent(id)}`;
export const cover = (id) => `covers/${encodeURIComponent(id)}`;

let asking = null;

/** Ask for the key of the server, once for all calls that wait for it; the cookie it is traded for is remembered. */
function askForKey() {
  asking ??= new Promise((resolve) => {
    const input = el("input", { type: "password", name: "key", required: true, autocomplete: "current-password", id: "key" });
    const wrong = el("p", { class: "problem", role: "alert" });
    const submit = async (event) => {
      event.preventDefault();
      try {
        await api("session", { method: "POST", body: { key: input.value } });
      } catch (error) {
        wrong.textContent = error.status === 401 ? say("key.wrong") : error.message;
        input.select();
        return;
      }
      dialog.close();
      dialog.remove();
      resolve();
      location.reload(); // pictures and players that were refused come now
    };
    const form = el("form", { onsubmit: submit }, el("h2", {}, say("key.title")), el("p", {}, say("key.text")),
      el("label", { for: "key" }, say("key.label")), input, wrong, el("div", { class: "buttons" }, el("button", {}, say("key.send"))));
    const dialog = el("dialog", { class: "ask", oncancel: (event) => event.preventDefault() }, form);
    document.body.append(dialog);
    dialog.showModal();
  });
  return asking;
}

// Who is here

/** {id} of a person, {id: null} to read without a profile, or null: nobody has been chosen yet. */
export function person() {
  try {
    return JSON.parse(localStorage.getItem("segue.person"));
  } catch {
    return null;
  }
}

export function become(id) {
  localStorage.setItem("segue.person", JSON.stringify({ id }));
}

export const me = () => person()?.id ?? null;

/** 128 random bits; works without https too, unlike crypto.randomUUID. */
export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

// Events

function asEvent(kind, item, more = {}) {
  return { id: newId(), user_id: me(), item_id: item.id, kind, at: new Date().toISOString(), source: "web", ...more };
}

/** Remember what this person did last here, so that the lists can say after what they have changed. */
function remember(kind, item) {
  if (kind === "now_playing") return;
  sessionStorage.setItem("segue.last", JSON.stringify({ person: me(), kind, title: item.title ?? item.id, at: Date.now() }));
}

export function lastEvent() {
  const last = JSON.parse(sessionStorage.getItem("segue.last") ?? "null");
  return last?.person === me() ? last : null;
}

/** Record what the person did; false without a person, because then nothing is kept. */
export async function record(kind, item, more) {
  if (!me()) return false;
  await api("events", { method: "POST", body: asEvent(kind, item, more) });
  remember(kind, item);
  return true;
}

/** The same while the page is going away: handed to the browser, which sends it whatever happens to the page. */
export function recordLeaving(kind, item, more) {
  if (!me()) return;
  navigator.sendBeacon("v1/events", new Blob([JSON.stringify(asEvent(kind, item, more))], { type: "application/json" }));
  remember(kind, item);
}

const waiting = [];
let sending = null;

/** A card has really been on the screen: kept with its rank, sent in batches. */
export function seen(item, rank, requestId, surface) {
  if (!me() || document.body.dataset.logImpressions !== "yes") return;
  // The id follows from the answer: a pick of it is shown once, whoever says so.
  const id = requestId ? `${requestId}:${rank}` : newId();
  waiting.push(asEvent("impression", item, { id, context: { surface, rank, request_id: requestId || null } }));
  sending ??= setTimeout(sendSeen, 2000);
}

function sendSeen() {
  clearTimeout(sending);
  sending = null;
  if (!waiting.length) return;
  navigator.sendBeacon("v1/events", new Blob([JSON.stringify(waiting.splice(0))], { type: "application/json" }));
}
addEventListener("pagehide", sendSeen);

/** Something has been said or done that lists follow: whoever shows one listens. */
export const told = () => document.dispatchEvent(new Event("segue:told"));

// Formats

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return null;
  const s = Math.round(seconds);
  if (s < 3600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  return say("duration.hours", { hours: Math.floor(s / 3600), minutes: Math.round((s % 3600) / 60) });
}

/** A place in a sound or film: 1:02, or 1:00:02. */
export function clock(seconds) {
  const s = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, String(s % 60).padStart(2, "0")];
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

export const number = (value, digits = 0) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
export const percent = (value) => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(value);

export function when(time) {
  const at = new Date(time);
  const past = (Date.now() - at) / 1000;
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  if (past >= 0 && past < 60) return say("when.now");
  if (past >= 0 && past < 3600) return words.format(-Math.round(past / 60), "minute");
  if (past >= 0 && past < 86400) return words.format(-Math.round(past / 3600), "hour");
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(at);
}

export const kindName = (kind) => named("kind", kind);

/** A colour for a name: FNV-1a, so that names that differ in one letter differ in colour. */
export const hue = (text) => [...text].reduce((hash, c) => Math.imul(hash ^ c.codePointAt(0), 16777619) >>> 0, 2166136261) % 360;

// Saying things

const live = document.querySelector("[data-live]");
let fading = null;

/** Say something to everybody: as a small note on the screen and to a screen reader. */
export function announce(text) {
  clearTimeout(fading);
  live.textContent = text;
  live.classList.add("shown");
  fading = setTimeout(() => live.classList.remove("shown"), 6000);
}

/** A friendly box in place of what could not be shown. */
export function trouble(error, retry) {
  const button = retry && el("button", { type: "button", class: "quiet", onclick: retry }, say("error.retry"));
  return el("div", { class: "empty", role: "alert" }, el("p", {}, el("strong", {}, say("error.title"))), el("p", {}, error.message), button);
}

export function empty(text, ...more) {
  return el("div", { class: "empty" }, el("p", {}, text), ...more);
}
