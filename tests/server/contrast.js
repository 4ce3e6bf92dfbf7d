// Texts whose contrast with what lies behind them is below WCAG 2.2 AA (1.4.3), from computed colours.
() => {
  const paint = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((n) => top[n] * top[3] + under[n] * (1 - top[3])).concat(1);
  const light = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const area = node.getBoundingClientRect();
    if (!walker.currentNode.data.trim() || !area.width || node.closest("noscript, script, .unseen, .skip, .toast")) continue;
    const style = getComputedStyle(node);
    if (style.visibility === "hidden" || area.width < 2) continue;
    let ground = [0, 0, 0, 0];
    let shown = 1;
    for (let up = node; up; up = up.parentElement) {
      const look = getComputedStyle(up);
      shown *= Number(look.opacity);
      if (ground[3] < 1) {
        const own = rgba(look.backgroundColor);
        const kept = ground[3] + own[3] * (1 - ground[3]);
        if (kept) ground = [0, 1, 2].map((n) => (ground[n] * ground[3] + own[n] * own[3] * (1 - ground[3])) / kept).concat(kept);
      }
    }
    // Before its blurred picture the text of the first pick stands, at worst, on white under its veil.
    if (node.closest(".spotlight") && !node.closest(".button")) {
      ground = over(rgba(getComputedStyle(document.querySelector(".spot-back"), "::after").backgroundColor), [255, 255, 255, 1]);
    }
    const ink = rgba(style.color);
    const [a, b] = [light(over([ink[0], ink[1], ink[2], ink[3] * shown], ground)), light(ground)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) {
      faint.push(`${ratio.toFixed(2)} .${node.className.baseVal ?? node.className}: ${walker.currentNode.data.trim().slice(0, 40)}`);
    }
  }
  return faint;
}
