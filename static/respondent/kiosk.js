// On a device that many people use: after a pause it asks, and then begins anew.
"use strict";

const ANSWER_SECONDS = 20;
let pause = 0;
let touchedHere = Boolean(document.querySelector("main.notice"));

const seconds = () => Number(document.body.dataset.kiosk);
const entrance = () => document.body.dataset.entrance;
const still = () => document.getElementById("still");

function wait() {
  clearTimeout(pause);
  still().hidden = true;
  still().removeAttribute("role");
  if (touchedHere) pause = setTimeout(ask, seconds() * 1000);
}

function ask() {
  // Nothing is lost on a page that only says thanks.
  if (document.querySelector("main.notice")) {
    beginAnew();
    return;
  }
  still().setAttribute("role", "alert");
  still().hidden = false;
  still().querySelector("button").focus();
  pause = setTimeout(beginAnew, ANSWER_SECONDS * 1000);
}

function beginAnew() {
  location.replace(entrance());
}

for (const sign of ["pointerdown", "keydown", "input", "wheel", "touchstart"]) {
  const options = { passive: true };
  document.addEventListener(sign, () => ((touchedHere = true), wait()), options);
}
// A page that turned in place has a pause of its own.
new MutationObserver(wait).observe(document.documentElement, { childList: true });
// Out of the memory of the browser comes nobody's page.
addEventListener("pageshow", (event) => {
  if (event.persisted) beginAnew();
});
wait();
