// What the encoders found, for people: numbers with their unit, colours as colours.

import { el, has, named, number, percent, say } from "./core.js";

const COLOUR = /^#[0-9a-f]{6}$/i;
const SHARE = /(_share|^energy|^motion|_clarity|_regularity|^confidence|^colourfulness|^brightness|^contrast|^saturation)$/;

/** A list of what was found in each modality, or null when there is nothing to say. */
export function facts(found) {
  const parts = Object.entries(found).map(([space, facts]) => part(space, facts)).filter(Boolean);
  return parts.length ? el("div", { class: "facts" }, parts) : null;
}

function part(space, content) {
  const doubtful = content.tempo_clarity < 0.2 ? "tempo_bpm" : null; // a guess at a beat where there is none
  const sure = content.confidence === 1 ? "confidence" : null;
  const rows = Object.entries(content).filter(([name, value]) => value !== null && name !== "problem" && name !== doubtful && name !== sure && !(name === "silent" && !value) && has(`fact.${name}`)).map(([name, value]) => {
    const shown = show(name, value);
    return shown && el("div", { class: classOf(name) }, el("dt", {}, say(`fact.${name}`)), el("dd", {}, shown));
  }).filter(Boolean);
  if (content.problem) rows.push(el("div", { class: "problem" }, el("dt", {}, say("fact.problem")), el("dd", {}, content.problem)));
  return rows.length ? el("section", {}, el("h3", {}, say(`space.${space}`)), el("dl", {}, rows)) : null;
}

const TROUBLES = ["passed_over", "track_problem", "film_problem"];

const classOf = (name) => (name.endsWith("_curve") ? "wide" : TROUBLES.includes(name) ? "problem" : null);

function colours(value) {
  const list = value.map((one) => (typeof one === "string" ? { hex: one } : { hex: one.hex ?? one.colour ?? one.color, share: one.share }));
  if (!list.length || !list.every(({ hex }) => COLOUR.test(hex))) return null;
  return el("span", { class: "swatches" }, list.map(({ hex, share }) => {
    const swatch = el("span", { class: "swatch", role: "img", "aria-label": hex, title: share ? `${hex} · ${percent(share)}` : hex });
    swatch.style.backgroundColor = hex;
    return swatch;
  }));
}

/** A line of numbers from 0 to 1 over the whole length, as an area; its numbers are drawn, never read as markup. */
function curve(name, values) {
  const points = values.map((v, at) => [at, 1 - Math.min(1, Math.max(0, Number(v) || 0))]);
  const last = Math.max(points.length - 1, 1);
  const d = `M0 30${points.map(([x, y]) => `L${((x / last) * 120).toFixed(1)} ${(y * 28 + 2).toFixed(1)}`).join("")}L120 30z`;
  const shape = el("path", { d, fill: "currentColor" });
  return el("svg", { viewBox: "0 0 120 30", preserveAspectRatio: "none", class: "curve", role: "img", "aria-label": say(`fact.${name}`) }, shape);
}

function show(name, value) {
  if (name === "source") return named("source", value);
  if (name === "passed_over") return el("ul", {}, value.map((file) => el("li", {}, file)));
  if (name === "doubts") return value.map((doubt) => named("doubt", doubt)).join(", ") || null;
  if (name.endsWith("_curve")) return Array.isArray(value) && value.length > 1 ? curve(name, value) : null;
  if (Array.isArray(value)) return colours(value) ?? (value.every((v) => typeof v !== "object") ? value.slice(0, 8).join(", ") : null);
  if (name === "key") return say(value.endsWith("minor") ? "fact.minor" : "fact.major", { tonic: value.split(" ")[0] });
  if (typeof value === "number") {
    const shown = SHARE.test(name) && value >= 0 && value <= 1 ? percent(value) : number(value, Math.abs(value) < 10 ? 2 : 0);
    return has(`unit.${name}`) ? say(`unit.${name}`, { value: shown }) : shown;
  }
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  return typeof value === "object" ? null : String(value);
}
