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
walkable(results);

async function search() {
  clearTimeout(timer);
  running?.abort();
  const words = field.value.trim();
  const address = new URLSearchParams([["q", words], ["kind", kind]].filter(([, value]) => value));
  history.replaceState(null, "", address.size ? `?${address}` : location.pathname);
  if (!words) {
    understood.hidden = true;
    found.textContent = say("search.hint");
    results.replaceChildren();
    leftOut("", []);
    return;
  }
  running = new AbortController();
  results.setAttribute("aria-busy", "true");
  try {
    const parts = [`q=${encodeURIComponent(words)}`, "k=30", "cards=true", `language=${language}`];
    if (kind) parts.push(`kind=${kind}`);
    const anybodys = parts.join("&");
    if (me()) parts.push(`user=${inPath(me())}`);
    if (me() && byTaste.firstElementChild.checked) parts.push("personal=true");
    const answer = await api(`search?${parts.join("&")}`, { signal: running.signal });
    results.replaceChildren(...answer.picks.map((pick, rank) => card(pick, { rank, answer, surface: "search", onevent: search })));
    showUnderstood(answer.understood ?? []);
    leftOut(anybodys, answer.picks, search);
    found.textContent = answer.picks.length ? say("search.found", { count: answer.picks.length, words })
      : answer.emptied_by?.length ? say("search.emptied", { filters: answer.emptied_by.join(" · ") }) : say("search.none", { words });
  } catch (error) {
    if (error.name === "AbortError") return;
    found.textContent = "";
    results.replaceChildren(el("li", { class: "whole" }, trouble(error, search)));
  }
  results.setAttribute("aria-busy", "false");
}

/** What was read from the sentence; a press takes that part out of it. */
function showUnderstood(parts) {
  understood.hidden = !parts.length;
  understood.replaceChildren(el("li", { class: "hint" }, say("search.understood")), ...parts.map((part) => el("li", {}, part.without === "" && part.what === "spelling" ? el("span", { class: "chip" }, part.said)
    : el("button", { type: "button", class: "chip", title: say("search.takeback", { text: part.text }), "aria-label": say("search.takeback", { text: part.said }), onclick: () => {
      field.value = part.without;
      field.focus();
      search();
    } }, part.said, " ×"))));
}

function showKinds(there) {
  const entries = [null, ...there];
  kinds.replaceChildren(...entries.map((one) => el("button", { type: "button", class: "chip", "aria-pressed": String(one === kind), onclick: () => {
    kind = one;
    showKinds(there);
    kinds.children[entries.indexOf(one)].focus();
    search();
  } }, one ? kindName(one) : say("search.all"))));
}

byTaste.hidden = !me();
document.querySelector("[data-missing]").hidden = !me();
byTaste.addEventListener("change", search);
field.value ||= asked.get("q") ?? ""; // somebody may already have typed while this was loading
field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(search, 220);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
field.focus();
search();
try {
  showKinds(Object.keys((await api("status")).kinds ?? {}));
} catch (error) {
  found.textContent = error.message;
}
