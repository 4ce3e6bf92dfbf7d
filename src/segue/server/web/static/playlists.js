// Playlists: a sentence becomes a playlist with a reason for each entry; it is played, pinned, handed out, made anew.

import { announce, api, cover, duration, el, icon, inPath, itemPage, kindName, language, me, say, trouble, when } from "./core.js";
import { player, soundOnly } from "./player.js";
import { openWhy } from "./why.js";
import "./shell.js";

const SCHEDULES = ["never", "hourly", "daily", "weekly"];
const FORMATS = ["m3u8", "xspf", "jspf"];
const form = document.querySelector("[data-make]");
const field = form.elements.sentence;
const wrong = document.querySelector("[data-wrong]");
const choice = document.querySelector("[data-playlists]");
const place = document.querySelector("[data-playlist]");
const stage = el("div", { class: "playlist-stage", hidden: true });
const state = { playlists: [], playlist: null, playing: null, turn: 0 };

const whose = () => (me() ? `user_id=${encodeURIComponent(me())}` : "");
const path = (id, rest = "") => `playlists/${inPath(id)}${rest}?${whose()}`;
const both = (texts) => texts[language] ?? texts.en;

async function begin() {
  try {
    state.playlists = (await api(`playlists?${whose()}`)).playlists;
  } catch (error) {
    choice.setAttribute("aria-busy", "false");
    place.replaceChildren(trouble(error, begin));
    return;
  }
  choice.setAttribute("aria-busy", "false");
  const asked = new URLSearchParams(location.search).get("id");
  const first = state.playlists.find((one) => one.id === asked) ?? state.playlists[0];
  showChoice(first?.id);
  if (first) await open(first.id);
  else place.replaceChildren(el("div", { class: "empty" }, el("p", {}, say("playlists.none")), examples()));
}

/** Sentences to begin with. */
function examples() {
  return el("div", { class: "chips" }, ["one", "two", "three"].map((name) =>
    el("button", { type: "button", class: "chip", onclick: () => {
      field.value = say(`playlists.example.${name}`);
      field.focus();
    } }, say(`playlists.example.${name}`))));
}

function showChoice(id) {
  choice.hidden = !state.playlists.length;
  choice.replaceChildren(...state.playlists.map((one) => el("button", { type: "button", class: "chip", data: { choose: one.id },
    "aria-pressed": String(one.id === id), onclick: () => open(one.id) }, one.title, el("span", { class: "hint" }, String(one.count)))));
}

async function open(id) {
  try {
    take(await api(path(id)));
  } catch (error) {
    place.replaceChildren(trouble(error, () => open(id)));
  }
}

/** Show a playlist as the server has it now. */
function take(playlist) {
  if (state.playlist?.id !== playlist.id) stop();
  state.playlist = playlist;
  state.playlists = state.playlists.some((one) => one.id === playlist.id) ? state.playlists.map((one) => (one.id === playlist.id ? playlist : one)) : [playlist, ...state.playlists];
  history.replaceState(null, "", `?id=${encodeURIComponent(playlist.id)}`);
  showChoice(playlist.id);
  draw();
}

/** Do something to the playlist that is shown; the keyboard stays where it was. */
async function change(body, said) {
  await act(() => api(path(state.playlist.id), { method: "PATCH", body }), said);
}

async function act(call, said) {
  const before = document.activeElement?.dataset ?? {};
  const [name, value] = Object.entries(before)[0] ?? [];
  try {
    take(await call());
  } catch (error) {
    announce(error.message);
    draw();
    return;
  }
  if (said) announce(said);
  const attribute = name?.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
  if (name) place.querySelector(`[data-${attribute}="${CSS.escape(value)}"]`)?.focus({ preventScroll: true });
}

function draw() {
  const playlist = state.playlist;
  const total = playlist.seconds ? duration(playlist.seconds) : null;
  const meta = [say(playlist.count === 1 ? "playlists.entry" : "playlists.entries", { count: playlist.count }), total,
    say("playlists.made", { when: when(playlist.refreshed_at) }), playlist.next_at && say("playlists.next", { when: when(playlist.next_at) })].filter(Boolean).join(" · ");
  const playable = playlist.entries.filter(({ card }) => card.playable);
  place.replaceChildren(
    el("header", { class: "playlist-head" },
      el("div", {}, el("h2", {}, playlist.title), playlist.channel && el("span", { class: "label" }, say("playlists.channel")), el("p", { class: "meta" }, meta)),
      el("div", { class: "buttons" },
        el("button", { type: "button", data: { play: "all" }, disabled: !playable.length, onclick: () => play(playable[0]?.item) }, icon("play"), say(playlist.channel ? "playlists.listen" : "playlists.play")),
        el("button", { type: "button", class: "quiet", data: { anew: "" }, onclick: () => act(() => api(path(playlist.id, "/refresh"), { method: "POST", body: {} }), say("playlists.renewed")) }, say("playlists.refresh")))),
    understood(playlist), ...remarks(playlist),
    playlist.entries.length ? el("ol", { class: "entries", "aria-label": playlist.title }, playlist.entries.map(entry)) : "",
    settings(playlist));
}

/** What was understood; a press takes that part out of the sentence. */
function understood({ understood: parts }) {
  if (!parts.length) return "";
  return el("ul", { class: "understood chips", "aria-label": say("search.understood") }, el("li", { class: "hint" }, say("search.understood")),
    parts.map((part) => el("li", {}, part.without === "" ? el("span", { class: "chip" }, both(part.said))
      : el("button", { type: "button", class: "chip", data: { chip: part.what }, title: say("search.takeback", { text: part.text }), "aria-label": say("search.takeback", { text: both(part.said) }),
        onclick: () => change({ sentence: part.without }) }, both(part.said), " ×"))));
}

function remarks({ notes, problem, degraded }) {
  return [
    ...notes.map((note) => el("p", { class: "found", data: { note: "" } }, both(note))),
    problem && el("p", { class: "problem", role: "alert" }, say("playlists.problem", { problem })),
    degraded.some((one) => one !== "not-trained") && el("p", { class: "hint" }, say("row.degraded")),
  ].filter(Boolean);
}

function entry({ item, card, reason, pinned, new: fresh }) {
  const title = card.title ?? card.id;
  const meta = [kindName(card.kind), card.creators[0], duration(card.duration_s)].filter(Boolean).join(" · ");
  const current = state.playing === item;
  return el("li", { class: current ? "entry current" : "entry", data: { item }, "aria-current": current ? "true" : null },
    el("button", { type: "button", class: "entry-cover", data: { begin: item }, disabled: !card.playable, "aria-label": say("playlists.begin", { title }), onclick: () => play(item) },
      el("img", { src: cover(item), alt: "", loading: "lazy", width: 64, height: 64 }), card.playable && icon("play")),
    el("div", { class: "entry-text" },
      el("p", {}, el("a", { href: itemPage(item) }, title), fresh && el("span", { class: "label" }, say("playlists.new"))),
      el("p", { class: "meta" }, meta),
      reason.text && el("p", { class: "reason" }, reason.text)),
    el("div", { class: "buttons" },
      reason.text && el("button", { type: "button", class: "small quiet", data: { why: item }, "aria-haspopup": "dialog", "aria-label": say("why.of", { title }),
        onclick: () => openWhy({ item, card, reason }, { answer: state.playlist, surface: "playlist", onevent: () => open(state.playlist.id) }) }, say("why.ask")),
      el("button", { type: "button", class: "small quiet", data: { pin: item }, "aria-pressed": String(pinned), "aria-label": say("playlists.pin.of", { title }), onclick: () => change(pinned ? { unpin: [item] } : { pin: [item] }) }, say("playlists.pin")),
      el("button", { type: "button", class: "small quiet", data: { remove: item }, "aria-label": say("playlists.remove.of", { title }), onclick: () => remove(item, title) }, say("playlists.remove"))));
}

async function remove(item, title) {
  const at = state.playlist.entries.findIndex((one) => one.item === item);
  await change({ remove: [item] }, say("playlists.removed", { title }));
  const next = state.playlist.entries[Math.min(at, state.playlist.entries.length - 1)];
  if (next) place.querySelector(`[data-remove="${CSS.escape(next.item)}"]`)?.focus({ preventScroll: true });
}

/** How often it is made anew, its name, files for other players, and its end. */
function settings(playlist) {
  const schedule = el("select", { id: "playlist-schedule", data: { schedule: "" }, onchange: (event) => change({ refresh: event.target.value }, say("playlists.scheduled")) },
    SCHEDULES.map((name) => el("option", { value: name, selected: name === playlist.refresh }, say(`playlists.${name}`))));
  const name = el("input", { id: "playlist-name", maxlength: 200, required: true, value: playlist.title });
  const rename = (event) => {
    event.preventDefault();
    change({ title: name.value });
  };
  const opened = place.querySelector("details")?.open;
  return el("details", { class: "playlist-settings", open: opened }, el("summary", {}, say("playlists.more")),
    el("div", { class: "playlist-settings-in" },
      el("label", { for: "playlist-schedule" }, say("playlists.schedule")), schedule,
      el("form", { class: "mood-ask", onsubmit: rename }, el("label", { for: "playlist-name", class: "unseen" }, say("playlists.name")), name, el("button", { class: "quiet" }, say("playlists.rename"))),
      el("p", { class: "buttons" }, el("span", { class: "hint" }, say("playlists.export")),
        FORMATS.map((format) => el("a", { class: "button quiet", href: `v1/playlists/${inPath(playlist.id)}.${format}?${whose()}`, download: "" }, format.toUpperCase()))),
      el("div", {}, el("button", { type: "button", class: "danger", data: { delete: "" }, onclick: forget }, say("playlists.delete")))));
}

async function forget() {
  const gone = state.playlist;
  try {
    await api(path(gone.id), { method: "DELETE" });
  } catch (error) {
    announce(error.message);
    return;
  }
  announce(say("playlists.deleted", { title: gone.title }));
  stop();
  state.playlist = null;
  history.replaceState(null, "", location.pathname);
  await begin();
  field.focus();
}

// Playing

function stop() {
  state.turn += 1;
  const media = stage.querySelector("audio, video");
  media?.pause();
  media?.dispatchEvent(new Event("leave"));
  stage.replaceChildren();
  stage.hidden = true;
  state.playing = null;
}

/** Play an entry, then the one behind it; a channel goes on from what was played. */
async function play(id) {
  stop();
  const turn = state.turn;
  if (!id) return;
  let item;
  let sound;
  try {
    item = await api(`items/${inPath(id)}`);
    sound = await soundOnly(item);
  } catch (error) {
    announce(error.message);
    return;
  }
  if (turn !== state.turn) return; // something else has been begun since
  state.playing = id;
  const shown = player(item, sound, () => {});
  const media = shown.querySelector("audio, video");
  media.addEventListener("ended", () => follow(id));
  const step = (way, name) => el("button", { type: "button", class: "small quiet", data: { [name]: "" }, onclick: () => (way > 0 ? follow(id) : play(beside(id, way))) }, say(`playlists.${name}`));
  stage.replaceChildren(shown, el("div", { class: "buttons" }, el("strong", {}, item.title ?? item.id), step(-1, "back"), step(1, "forth")));
  stage.hidden = false;
  draw();
  media.play().catch(() => {});
}

function beside(id, way) {
  const playable = state.playlist.entries.filter(({ card }) => card.playable);
  return playable[playable.findIndex(({ item }) => item === id) + way]?.item;
}

async function follow(id) {
  const next = beside(id, 1);
  if (state.playlist.channel) {
    try {
      take(await api(path(state.playlist.id, "/next"), { method: "POST", body: { played: [id] } }));
    } catch (error) {
      announce(error.message);
    }
    play(next ?? state.playlist.entries.find(({ card }) => card.playable)?.item);
  } else if (next) play(next);
  else {
    stop();
    draw();
    announce(say("playlists.over"));
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  wrong.textContent = "";
  form.setAttribute("aria-busy", "true");
  try {
    const made = await api("playlists", { method: "POST", body: { user_id: me(), sentence: field.value, language } });
    field.value = "";
    take(made);
    announce(say("playlists.done", { title: made.title, count: made.count }));
  } catch (error) {
    wrong.textContent = error.message;
    field.select();
  }
  form.removeAttribute("aria-busy");
});

place.before(stage); // not within what is drawn anew: a sound that is moved about falls silent
begin();
