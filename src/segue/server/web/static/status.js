// What serves, how good it is, and what it weighs.

import { api, el, empty, kindName, language, named, number, say, trouble, when } from "./core.js";
import { bars, picture } from "./charts.js";
import "./shell.js";

const place = document.querySelector("[data-status]");

async function begin() {
  place.setAttribute("aria-busy", "false");
  let status, openness;
  try {
    [status, openness] = await Promise.all([api("status"), api(`transparency?language=${language}`)]);
  } catch (error) {
    place.replaceChildren(trouble(error, begin));
    return;
  }
  const figures = Object.entries(status.counts ?? {}).map(([name, count]) =>
    el("div", { class: "figure" }, el("strong", {}, number(count)), el("span", {}, named("count", name))));
  const kinds = Object.entries(status.kinds ?? {}).sort((a, b) => b[1] - a[1]).map(([kind, share]) => ({ name: kindName(kind), share }));
  const measured = el("section", { "aria-labelledby": "measured" }, el("h2", { id: "measured" }, say("status.evaluation")));
  place.replaceChildren(
    el("div", { class: "figures" }, figures),
    el("div", { class: "panels" },
      el("section", { class: "panel" }, el("h2", {}, say("status.version")),
        status.version ? el("p", {}, el("code", {}, status.version), status.created_at ? ` · ${when(status.created_at)}` : "") : el("p", { class: "hint" }, say("status.untrained")),
        status.models?.length ? el("table", {}, el("thead", {}, el("tr", {}, el("th", {}, say("status.model")), el("th", { class: "n" }, say("status.seconds")))),
          el("tbody", {}, status.models.map(({ name, seconds }) => el("tr", {}, el("td", {}, el("code", {}, name)), el("td", { class: "n" }, number(seconds, 2)))))) : null),
      kinds.length ? el("section", { class: "panel" }, el("h2", {}, say("status.kinds")), bars(kinds, number)) : null),
    measured, open(openness));
  if (status.version) await evaluation(measured);
  else measured.append(empty(say("status.unevaluated")));
}

async function evaluation(node) {
  let report, names;
  try {
    [report, names] = await Promise.all([api("evaluation"), api(`evaluation/plots?language=${language}`)]);
  } catch (error) {
    node.append(error.status === 404 ? empty(say("status.unevaluated")) : trouble(error));
    return;
  }
  node.append(el("p", { class: "hint" }, say("status.how", { split: named("split", report.split), k: report.k })));
  const pictures = await Promise.all(names.map((name) => picture(`evaluation/plots/${encodeURIComponent(name)}.svg?language=${language}`)));
  node.append(el("div", { class: "plots" }, pictures.filter(Boolean)));
  const k = report.k;
  const wanted = ["ndcg", "recall", "hit", "mrr", "coverage", "novelty"].map((name) => `${name}@${k}`).filter((name) => report.rows.some((row) => name in row));
  const apart = ["new_people", "few_events", "warm_people"].filter((part) => report.rows.some((row) => row.slice === part));
  const within = (model, part) => report.rows.find((row) => row.model === model && row.slice === part)?.[`ndcg@${k}`];
  const rows = report.rows.filter((row) => row.slice === "all").sort((a, b) => (b[`ndcg@${k}`] ?? 0) - (a[`ndcg@${k}`] ?? 0));
  node.append(el("details", {}, el("summary", {}, say("status.table")), el("div", { class: "scrolling", tabindex: 0, role: "region", "aria-label": say("status.table") }, el("table", {},
    el("thead", {}, el("tr", {}, el("th", {}, say("status.model")), wanted.map((name) => el("th", { class: "n" }, name)), el("th", { class: "n" }, say("status.ci")), apart.map((part) => el("th", { class: "n" }, `ndcg@${k}, ${say(`status.${part}`)}`)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, el("td", {}, el("code", {}, row.model)), wanted.map((name) => el("td", { class: "n" }, typeof row[name] === "number" ? number(row[name], 4) : "–")),
      el("td", { class: "n" }, interval(row.ci95)), apart.map((part) => el("td", { class: "n", data: { slice: part } }, typeof within(row.model, part) === "number" ? number(within(row.model, part), 4) : "–")))))))));
}

const interval = (bounds) => (Array.isArray(bounds) ? bounds.map((bound) => number(bound, 4)).join(" … ") : "–");

function open(content) {
  const weights = content.recipes?.home ?? [];
  return el("section", { "aria-labelledby": "open" }, el("h2", { id: "open" }, say("status.transparency")),
    ...(content.text ?? []).map((text) => el("p", { class: "prose" }, text)),
    weights.length ? el("div", { class: "panel" }, el("h3", {}, say("status.weights")), el("ul", { class: "plain-list" }, weights.map(({ text }) => el("li", {}, text)))) : null);
}

await begin();
