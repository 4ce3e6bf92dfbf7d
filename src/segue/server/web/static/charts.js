// Small plots: bars with their names and numbers, readable without seeing them.

import { el, number, percent, say } from "./core.js";

/** Named bars; entries are {name, share, note?}, longest first. */
export function bars(entries, format = percent) {
  const most = Math.max(...entries.map((e) => e.share), 1e-9);
  return el("ul", { class: "bars" }, entries.map(({ name, share, note }) => {
    const fill = el("span", { class: "fill" });
    fill.style.width = `${Math.max(1, Math.round((100 * share) / most))}%`;
    return el("li", {}, el("span", { class: "bar-name" }, name), el("span", { class: "bar-value" }, format(share)),
      el("span", { class: "track", "aria-hidden": "true" }, fill), note && el("span", { class: "bar-note" }, note));
  }));
}

/** Counts in order, as columns; labels[i] is null where none should be written. */
export function columns(counts, labels, title) {
  const most = Math.max(...counts, 1);
  const node = el("div", { class: "columns", role: "img", "aria-label": `${title}: ${counts.map((c, i) => `${labels[i] ?? i} ${number(c)}`).join(", ")}` },
    counts.map((count, index) => {
      const fill = el("span", { class: "fill", title: `${labels[index] ?? index}: ${number(count)}` });
      fill.style.height = `${Math.round((100 * count) / most)}%`;
      return el("span", { class: "column" }, el("span", { class: "well" }, fill), el("span", { class: "tick" }, labels[index] ?? ""));
    }));
  return el("figure", {}, el("figcaption", {}, title), counts.some(Boolean) ? node : el("p", { class: "hint" }, say("person.nothing")));
}

/** A picture of the server as part of the page, so that it has the page's colours. Parsed as XML: nothing in it runs. */
export async function picture(path) {
  const answer = await fetch(`v1/${path}`);
  if (!answer.ok) return null;
  const parsed = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
  return parsed.nodeName === "svg" ? el("figure", { class: "plot" }, document.importNode(parsed, true)) : null;
}
