// The frame of every page: language, person, and the key "/" for search.

import { announce, api, become, el, hue, language, me, newId, person, say } from "./core.js";
import "./panel.js";

const toggle = document.querySelector("[data-toggle-language]");
toggle.addEventListener("click", () => {
  const folder = location.pathname.replace(/[^/]*$/, "");
  document.cookie = `segue_language=${language === "zh" ? "en" : "zh"}; path=${folder}; max-age=31536000; samesite=lax`;
  location.reload();
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = [...document.querySelectorAll("input[type=search]")].find((input) => input.offsetParent);
  event.preventDefault();
  if (field) field.focus();
  else location.href = "search";
});

const top = document.querySelector(".top");
new ResizeObserver(() => document.documentElement.style.setProperty("--top", `${top.offsetHeight}px`)).observe(top);

const who = document.querySelector("[data-who]");
showWho();
who.addEventListener("click", choosePerson);

export function face(id) {
  // Ids that are numbered differ at their end, names at their beginning.
  const sign = id && (/\d{1,2}$/.exec(id)?.[0] ?? [...id][0].toUpperCase());
  const node = el("span", { class: "face", "aria-hidden": "true" }, sign ?? "–");
  if (id) node.style.setProperty("--hue", hue(id));
  return node;
}

function showWho() {
  const id = me();
  const name = id ?? say(person() ? "who.nobody" : "who.choose");
  who.replaceChildren(face(id), el("span", { class: "who-name" }, name));
  who.setAttribute("aria-label", say("who.button", { name }));
}

/** Ask who is here; resolves when the page is about to show that person. */
export async function choosePerson() {
  const field = el("input", { type: "search", id: "who-filter", autocomplete: "off", placeholder: say("who.filter") });
  const list = el("ul", { class: "people" }, ...Array.from({ length: 6 }, () => el("li", { class: "bone" })));
  const choose = (id) => {
    become(id);
    dialog.close();
    location.reload();
  };
  const close = el("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, say("close"));
  const fresh = el("button", { type: "button", class: "quiet", onclick: () => choose(`guest-${newId().slice(0, 6)}`) }, say("who.new"));
  const nobody = el("button", { type: "button", class: "quiet", onclick: () => choose(null) }, say("who.without"));
  const dialog = el("dialog", { class: "ask", "aria-labelledby": "who-title", onclose: () => dialog.remove() },
    el("h2", { id: "who-title" }, say("who.title")), el("p", {}, say("who.text")),
    el("label", { for: "who-filter", class: "unseen" }, say("who.filter")), field, list,
    el("div", { class: "buttons" }, fresh, nobody, close));
  document.body.append(dialog);
  dialog.showModal();
  let people = [];
  const show = () => {
    const typed = field.value.trim();
    const found = people.filter((id) => id.toLowerCase().includes(typed.toLowerCase())).slice(0, 60);
    if (typed && !people.includes(typed)) found.push(typed);
    list.replaceChildren(...found.map((id) => el("li", {},
      el("button", { type: "button", onclick: () => choose(id), "aria-current": id === me() ? "true" : null }, face(id), id))));
  };
  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") list.querySelector("button")?.click();
  });
  try {
    people = (await api("users?limit=500")).users;
    show();
  } catch (error) {
    list.replaceChildren();
    announce(error.message);
  }
}
