// Search as you type, in any language.

import { api, el, inPath, kindName, language, me, say, trouble } from "./core.js";
import { card, walkable } from "./cards.js";
import { leftOut } from "./leftout.js";
import "./shell.js";

const form = document.querySelector("[data-search]");
const field = form.elements.q;
const found = document.querySelector("[data-found]");
const results = document.querySelector("[data-results]");
const kinds = document.querySelector("[data-kinds]");
const asked = new URLSearchParams(location.search);
const understood = document.querySelector("[data-understood]");
const byTaste = document.querySelector("[data-by-taste]");
let kind = asked.get("kind");
let running = null;
let timer = null;
let sentence = "";
const takenBack = new Set(); // what a language model understood and was taken back, of this sentence
const ENDED = 1200; // ms without a key
walkable(results);

/** `whole`: the sentence is ended, so that a language model may be asked for other words. */
async function search(whole = false) {
  clearTimeout(timer);
  running?.abort();
  const words = field.value.trim();
  const address = new URLSearchParams([["q", words], ["kind", kind]].filter(([, value]) => value));
  history.replaceState(null, "", address.size ? `?${address}` : location.pathname);
  if (!words) {
    understood.hidden = true;
    found.textContent = say("search.hint");
    results.replaceChildren();
    leftOut("", null);
    return;
  }
  running = new AbortController();
  results.setAttribute("aria-busy", "true");
  try {
    const parts = [`q=${encodeURIComponent(words)}`, "k=30", "cards=true", `language=${language}`];
    if (kind) parts.push(`kind=${kind}`);
    if (words !== sentence) takenBack.clear();
    sentence = words;
    if (whole !== true) parts.push("rewrite=false");
    for (const part of takenBack) parts.push(`left_out=${encodeURIComponent(part)}`);
    const anybodys = parts.join("&");
    if (me()) parts.push(`user_id=${inPath(me())}`);
    if (me() && byTaste.firstElementChild.checked) parts.push("personal=true");
    const answer = await api(`search?${parts.join("&")}`, { signal: running.signal });
    results.replaceChildren(...answer.picks.map((pick, rank) => card(pick, { rank, answer, surface: "search", onevent: () => search(true) })));
    showUnderstood(answer.understood ?? []);
    leftOut(anybodys, answer, () => search(true));
    found.textContent = answer.picks.length ? say("search.found", { count: answer.picks.length, words })
      : answer.emptied_by?.length ? say("search.emptied", { filters: answer.emptied_by.join(" · ") }) : say("search.none", { words });
  } catch (error) {
    if (error.name === "AbortError") return;
    found.textContent = "";
    results.replaceChildren(el("li", { class: "whole" }, trouble(error, () => search(true))));
  }
  results.setAttribute("aria-busy", "false");
}

/** What was read from the sentence; a press takes that part out of it. */
function showUnderstood(parts) {
  understood.hidden = !parts.length;
  understood.replaceChildren(el("li", { class: "hint" }, say("search.understood")), ...parts.map((part) => el("li", {}, part.without === "" && part.what === "spelling" ? el("span", { class: "chip" }, part.said)
    : el("button", { type: "button", class: "chip", title: say("search.takeback", { text: part.text }), "aria-label": say("search.takeback", { text: part.said }), onclick: () => {
      if (part.leave) takenBack.add(part.leave);
      else field.value = part.without;
      field.focus();
      search(true);
    } }, part.said, " ×"))));
}

function showKinds(there) {
  const entries = [null, ...there];
  kinds.replaceChildren(...entries.map((one) => el("button", { type: "button", class: "chip", "aria-pressed": String(one === kind), onclick: () => {
    kind = one;
    showKinds(there);
    kinds.children[entries.indexOf(one)].focus();
    search(true);
  } }, one ? kindName(one) : say("search.all"))));
}

byTaste.hidden = !me();
document.querySelector("[data-missing]").hidden = !me();
byTaste.addEventListener("change", () => search(true));
field.value ||= asked.get("q") ?? ""; // somebody may already have typed while this was loading
field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    await search();
    const words = field.value.trim();
    if (words.split(/\s+/).length > 3 || /[\u3400-\u9fff]{6}/.test(words)) timer = setTimeout(() => search(true), ENDED);
  }, 220);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  search(true);
});
field.focus();
search(true);
try {
  showKinds(Object.keys((await api("status")).kinds ?? {}));
} catch (error) {
  found.textContent = error.message;
}
