// Small plots: bars with their names and numbers, readable without seeing them.

import { el, number, percent, say } from "./core.js";

/** Named bars; entries are {name, share, note?, against?}, longest first; `most` is the share of a full one. */
export function bars(entries, format = percent, most = Math.max(...entries.map((e) => Math.abs(e.share)), 1e-9)) {
  return el("ul", { class: "bars" }, entries.map(({ name, share, note, against }) => {
    const fill = el("span", { class: against ? "fill against" : "fill" });
    fill.style.width = `${Math.max(1, Math.round((100 * Math.abs(share)) / most))}%`;
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

/** A grid of counts, a row a name; the darker, the more. Columns are the hours of a day. */
export function heat(rows, names, title) {
  const most = Math.max(...rows.flat(), 1);
  const cells = rows.flatMap((row, y) => [el("span", { class: "heat-name" }, names[y]), ...row.map((count, x) => {
    const cell = el("span", { class: "heat-cell", title: `${names[y]} ${x}:00 · ${number(count)}` });
    cell.style.setProperty("--share", (count ? 0.12 + (0.88 * count) / most : 0).toFixed(3));
    return cell;
  })]);
  const ticks = [el("span", {}), ...rows[0].map((_, x) => el("span", { class: "tick" }, x % 6 === 0 ? String(x) : ""))];
  const said = names.map((name, y) => `${name} ${number(rows[y].reduce((a, b) => a + b, 0))}`).join(", ");
  return el("figure", {}, el("figcaption", {}, title), el("div", { class: "heat", role: "img", "aria-label": `${title}: ${said}` }, cells, ticks));
}

const HUES = [188, 28, 268, 96, 338, 214, 48, 156];

/** The colour of a layer; the rest, after the last of the hues, is grey. */
export const layerHue = (n) => (n < HUES.length ? `hsl(${HUES[n]} 48% 50%)` : "hsl(40 4% 55%)");

/** Layers one on the other over time; layers[i][step] ≥ 0, named names[i]. With `rest`, the last layer is what is left: grey. */
export function areas(layers, names, begins, title, rest = false) {
  const [wide, tall] = [480, 150];
  const steps = begins.length;
  const totals = begins.map((_, step) => layers.reduce((sum, layer) => sum + layer[step], 0));
  const most = Math.max(...totals, 1e-9);
  const x = (step) => ((step / Math.max(steps - 1, 1)) * wide).toFixed(1);
  const y = (value) => (tall - (value / most) * (tall - 4)).toFixed(1);
  let below = new Array(steps).fill(0);
  const drawn = layers.map((layer, n) => {
    const above = below.map((value, step) => value + layer[step]);
    const line = (values, order) => order.map((step) => `${x(step)} ${y(values[step])}`).join("L");
    const forth = [...above.keys()];
    const shape = `M${line(above, forth)}L${line(below, [...forth].reverse())}Z`;
    below = above;
    return el("path", { d: shape, fill: layerHue(rest && n === layers.length - 1 ? HUES.length : n), class: "layer" });
  });
  const said = names.map((name, n) => `${name} ${percent(layers[n].reduce((a, b) => a + b, 0) / Math.max(totals.reduce((a, b) => a + b, 0), 1e-9))}`).join(", ");
  const svg = el("svg", { viewBox: `0 0 ${wide} ${tall}`, preserveAspectRatio: "none", class: "areas", role: "img",
    "aria-label": `${title} (${begins[0]} – ${begins.at(-1)}): ${said}` }, drawn);
  return el("figure", { class: "stream" }, el("figcaption", {}, title), svg, el("div", { class: "ends" }, el("span", {}, begins[0]), el("span", {}, begins.at(-1))));
}

/** A picture of the server as part of the page, so that it has the page's colours. Parsed as XML: nothing in it runs. */
export async function picture(path) {
  const answer = await fetch(`v1/${path}`);
  if (!answer.ok) return null;
  const parsed = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
  return parsed.nodeName === "svg" ? el("figure", { class: "plot" }, document.importNode(parsed, true)) : null;
}
