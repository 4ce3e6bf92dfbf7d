// What there is for a person tonight: a few sentences over the first picks, when they ask for them.

import { api, el, inPath, language, me, named, say } from "./core.js";

/** A button, and the place where the words appear. */
export function preview() {
  const words = el("p", { class: "prose", "aria-live": "polite", "data-preview": true, hidden: true });
  const button = el("button", { type: "button", class: "quiet", onclick: async () => {
    button.disabled = true;
    words.hidden = false;
    try {
      const { text, by } = await api(`users/${inPath(me())}/preview?language=${language}`);
      words.replaceChildren(text, " ", el("span", { class: "hint" }, say("label.blurb", { who: named("annotator", by) })));
    } catch (error) {
      words.textContent = error.message;
    }
    button.disabled = false;
  } }, say("spotlight.tonight"));
  return { button, words };
}
