// A player that tells what was really played. Seconds count while they sound, not while one drags the slider.

import { cover, el, inPath, record, recordLeaving, say } from "./core.js";

const SOUND_KINDS = ["track", "podcast", "podcast_episode"];

/** When an item counts as completed: music at half or 4 minutes, short video when it has come round, the rest at 80 %. */
function enough(kind, length) {
  if (kind === "track") return Math.min(0.5 * length, 240);
  if (kind === "short") return 0.95 * length;
  return 0.8 * length;
}

/** Leaving before this much is a skip; later it is giving up half-way. */
const early = (kind, length) => (kind === "track" || kind === "short" ? enough(kind, length) : 0.1 * length);

/** Whether there is nothing to look at: by the item's kind, else by what the server says of its file. */
export async function soundOnly(item) {
  if (SOUND_KINDS.includes(item.kind)) return true;
  const streams = item.extra.streams;
  if (streams) return !streams.video;
  const answer = await fetch(`media/${inPath(item.id)}`, { method: "HEAD" }).catch(() => null);
  return answer?.headers.get("content-type")?.startsWith("audio/") ?? false;
}

/** An item's player. `ontold(kind)` is called after an event has been recorded. */
export function player(item, sound, ontold) {
  const media = el(sound ? "audio" : "video", {
    src: `media/${inPath(item.id)}`, controls: true, preload: "metadata", playsinline: true, loop: item.kind === "short",
    poster: sound ? null : cover(item.id), "aria-label": item.title ?? item.id,
  });
  const problem = el("p", { class: "problem", role: "alert" });
  let played = 0;
  let last = null;
  let loops = 0;
  let begun = false; // now_playing has been said
  let counted = false; // play has been said
  let completed = false;

  const length = () => (Number.isFinite(media.duration) ? media.duration : item.duration_s ?? 0);
  const so_far = () => ({ played_s: round(played), position_s: round(media.currentTime) });
  const tell = (kind, more) => record(kind, item, more).then((kept) => kept && ontold(kind), (error) => { problem.textContent = error.message; });

  function count() {
    const step = last === null ? 0 : media.currentTime - last;
    if (item.kind === "short" && step < -0.5 * length()) loops += 1; // came round
    else if (step > 0 && step < 4 * Math.max(1, media.playbackRate)) played += step;
    last = media.currentTime;
    if (!counted && played >= Math.min(5, 0.2 * length())) {
      counted = true;
      tell("play", so_far());
    }
    if (!completed && length() && played >= enough(item.kind, length())) complete();
  }

  function complete() {
    completed = true;
    tell("complete", { ...so_far(), value: item.kind === "short" ? Math.max(1, loops) : null });
  }

  media.addEventListener("playing", () => {
    last = media.currentTime;
    if (begun) return;
    begun = true;
    tell("now_playing", { position_s: round(media.currentTime) });
  });
  media.addEventListener("timeupdate", () => !media.paused && !media.seeking && count());
  media.addEventListener("seeking", () => { last = null; });
  media.addEventListener("seeked", () => { last = media.currentTime; });
  media.addEventListener("pause", () => media.ended || count());
  media.addEventListener("ended", () => {
    count();
    if (!completed && played >= 0.5 * enough(item.kind, length())) complete();
  });
  media.addEventListener("error", () => { problem.textContent = say("player.error"); });
  const leave = () => {
    if (!begun) return;
    if (item.kind === "short" && completed && loops > 1) recordLeaving("complete", item, { ...so_far(), value: loops });
    else if (!completed) recordLeaving(played < early(item.kind, length()) ? "skip" : "abandon", item, so_far());
    begun = false; // the page may come back from the browser's cache
    counted = completed = false;
    played = loops = 0;
  };
  addEventListener("pagehide", leave);
  media.addEventListener("leave", leave); // another item takes its place on the same page
  const stage = sound ? [el("img", { src: cover(item.id), alt: "", class: "sleeve", width: 400, height: 400 }), media] : [media];
  return el("div", { class: sound ? "stage sound" : "stage" }, ...stage, problem);
}

/** Play from a time on, where it can be seen. */
export function jump(media, time) {
  media.currentTime = time;
  media.play().catch(() => {});
  media.scrollIntoView({ block: "center", behavior: "smooth" });
}

const round = (seconds) => Math.round(seconds * 10) / 10;
