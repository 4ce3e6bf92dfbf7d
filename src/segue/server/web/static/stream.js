// Answers that come piece by piece: server-sent events in the answer to a POST.

import { open } from "./core.js";

/** The events of an answer, as [name, data], while they come. Throws a Problem, or what `fetch` throws when the line breaks. */
export async function* streamed(path, body, signal) {
  const answer = await open(path, { method: "POST", body, signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      waiting = (waiting + value).replaceAll("\r\n", "\n");
      const whole = waiting.split("\n\n");
      waiting = whole.pop();
      for (const block of whole) {
        const event = read(block);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** [name, data] of one event; null for what is only there to keep the line open. */
function read(block) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    const [, field, value] = /^(\w*): ?(.*)$/.exec(line) ?? [null, line, ""];
    if (field === "event") name = value;
    else if (field === "data") data.push(value);
  }
  return data.length ? [name, JSON.parse(data.join("\n"))] : null;
}
