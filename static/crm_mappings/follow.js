// Draws a deploy anew while it is under way. Without it, the page reloads itself.
"use strict";
const PAUSE = 1200;

async function look() {
  let fresh = null;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      fresh = page.getElementById("tb-follow");
    }
  } catch {
    // The network is away: the next look may find it again.
  }
  const shown = document.getElementById("tb-follow");
  if (fresh && fresh.innerHTML !== shown.innerHTML) {
    const focused = shown.contains(document.activeElement);
    shown.replaceWith(fresh);
    if (focused) fresh.querySelector("a, button")?.focus();
  }
  if (!fresh || fresh.dataset.underWay === "yes") setTimeout(look, PAUSE);
}

setTimeout(look, PAUSE);
