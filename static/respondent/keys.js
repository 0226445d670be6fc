// Gentle help, never needed: with the focus on a scale, digits choose.
"use strict";

const PAUSE = 600;
let scale = null;
let typed = "";
let last = 0;

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const here = event.target.closest?.(".scale");
  if (!here || !plain || !/^[0-9]$/.test(event.key)) return;
  // "1" and then "0" on the same scale, within a moment, is 10.
  const goesOn = here === scale && event.timeStamp - last < PAUSE;
  const find = (value) => here.querySelector(`input[value="${value}"]`);
  const both = goesOn && find(typed + event.key);
  const chosen = both || find(event.key);
  scale = here;
  last = event.timeStamp;
  typed = both ? typed + event.key : event.key;
  if (!chosen) return;
  chosen.checked = true;
  chosen.focus();
});
