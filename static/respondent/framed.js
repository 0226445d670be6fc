// Within another site: tells how high the page is, and when it is done.
"use strict";

// Only the sites that the deployment lists may show the page, so whoever hears this
// is one of them; and the height of a page is no secret.
const tell = (news) => parent.postMessage({ tellback: news }, "*");
const height = () => Math.ceil(document.body.getBoundingClientRect().height);
let told = 0;
let ended = false;

function look() {
  if (height() !== told) tell({ height: (told = height()) });
  if (ended || !document.querySelector("main.notice .tick")) return;
  ended = true;
  tell({ done: true, to: document.body.dataset.away || "" });
}

const sizes = new ResizeObserver(look);
sizes.observe(document.body);
// A page that turns in place has a new body.
new MutationObserver(() => {
  sizes.disconnect();
  sizes.observe(document.body);
  tell({ turned: true });
  look();
}).observe(document.documentElement, { childList: true });
look();
