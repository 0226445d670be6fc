// Gentle help on the pages of a survey, never needed: digits choose on a scale, a
// slider stands beside its number, what is typed is saved, and pages turn in place.
// A question may be called like a property of a form ("action"), so the form's own
// are never read: only attributes.
"use strict";

const DIGITS_PAUSE = 600;
const SAVE_PAUSE = 1000;
// The most that browsers send for a page that is being left.
const KEPT_ALIVE = 60000;
let scale = null;
let typed = "";
let last = 0;
let touched = false;
let timer = 0;
let saving = null;
let turning = false;
let shown = location.pathname + location.search;

const pages = () => document.querySelector("form.pages");

// ------------------------------------------------------------ digits choose

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const here = event.target.closest?.(".scale");
  if (!here || !plain || !/^[0-9]$/.test(event.key)) return;
  // "1" and then "0" on the same scale, within a moment, is 10.
  const goesOn = here === scale && event.timeStamp - last < DIGITS_PAUSE;
  const find = (value) => here.querySelector(`input[value="${value}"]`);
  const both = goesOn && find(typed + event.key);
  const chosen = both || find(event.key);
  scale = here;
  last = event.timeStamp;
  typed = both ? typed + event.key : event.key;
  if (!chosen) return;
  chosen.checked = true;
  chosen.focus();
  saveSoon();
});

// ------------------------------------------------------------------ sliders

function showSliders() {
  for (const range of document.querySelectorAll("[data-slider]")) {
    const amount = document.getElementById(range.dataset.slider);
    // Untouched it stands in the middle, and that is no answer: only moving it is.
    range.addEventListener("input", () => {
      amount.value = range.value;
    });
    amount.addEventListener("input", () => {
      if (amount.value) range.value = amount.value.replace(",", ".");
    });
    range.hidden = false;
  }
}

// --------------------------------------------------------- save as you go

function saveSoon() {
  touched = true;
  clearTimeout(timer);
  timer = setTimeout(save, SAVE_PAUSE);
}

async function save() {
  clearTimeout(timer);
  await saving;
  const form = pages();
  if (!form || !touched || turning) return;
  touched = false;
  // Files go with the page: they are too large to be sent again and again.
  const texts = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  const body = new URLSearchParams([...texts, ["go", "save"]]);
  const keepalive = body.toString().length < KEPT_ALIVE;
  saving = fetch(form.getAttribute("action"), { method: "POST", body, keepalive })
    .then((answer) => answer.ok, () => false)
    .then((saved) => {
      touched ||= !saved;
      saving = null;
    });
  await saving;
}

document.addEventListener("input", (event) => {
  if (event.isTrusted) saveSoon();
});
// An answer that was chosen in a mail counts once a person does anything here.
for (const sign of ["pointerdown", "keydown"]) {
  document.addEventListener(sign, (event) => {
    const form = pages();
    if (!event.isTrusted || !form?.hasAttribute("data-chosen")) return;
    form.removeAttribute("data-chosen");
    saveSoon();
  });
}
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") save();
});

// ---------------------------------------------------- pages turn in place

document.addEventListener("submit", async (event) => {
  const form = pages();
  if (event.target !== form || !event.submitter) return;
  event.preventDefault();
  // A double click sends one page.
  if (turning) return;
  turning = true;
  clearTimeout(timer);
  form.setAttribute("aria-busy", "true");
  // What was saved on the way must not arrive behind the page.
  await saving;
  try {
    await turn(form, event.submitter);
  } catch {
    complain();
  }
  form.removeAttribute("aria-busy");
  turning = false;
});

async function turn(form, button) {
  const data = new FormData(form);
  data.append(button.name, button.value);
  const files = form.getAttribute("enctype") === "multipart/form-data";
  const body = files ? data : new URLSearchParams(data);
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const known = next.querySelector("main");
  if (!known || answer.status >= 500) complain();
  else if (answer.ok || answer.status === 422) show(next, answer);
  else complain(known);
}

function show(next, answer) {
  const away = next.querySelector("meta[http-equiv=refresh]");
  if (away) {
    location.replace(away.content.slice(away.content.indexOf("url=") + 4));
    return;
  }
  move(answer);
  document.title = next.title;
  for (const name of ["lang", "dir"]) {
    const value = next.documentElement.getAttribute(name);
    document.documentElement.setAttribute(name, value);
  }
  document.body.replaceWith(document.adoptNode(next.body));
  touched = false;
  showSliders();
  scrollTo(0, 0);
  focusOn(document.querySelector("[autofocus]") || document.querySelector("h1"));
}

// “Back” leads to the page as it was sent, and in a kiosk to nobody's answers.
function move(answer) {
  const moves = answer.redirected && !document.body.hasAttribute("data-kiosk");
  const address = new URL(answer.redirected ? answer.url : location.href);
  if (moves && address.searchParams.has("page")) {
    const sent = new URL(address);
    sent.searchParams.set("page", document.querySelector("[name=page]").value);
    history.replaceState(null, "", sent);
  }
  history[moves ? "pushState" : "replaceState"](null, "", address);
  shown = location.pathname + location.search;
}

function complain(said) {
  const place = document.getElementById("unsent");
  const words = (name) => said?.querySelector(name)?.textContent;
  place.querySelector("h2").textContent = words("h1") || place.dataset.title;
  place.querySelector("p").textContent = words("p") || place.dataset.text;
  place.setAttribute("role", "alert");
  place.hidden = false;
  focusOn(place);
}

function focusOn(place) {
  place.tabIndex = -1;
  place.focus();
}

addEventListener("popstate", async () => {
  // A link to a field on this page changes only what stands behind the “#”.
  if (location.pathname + location.search === shown) return;
  await save();
  location.reload();
});

showSliders();
