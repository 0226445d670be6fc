// Shows a survey on a page of yours, as high as it is:
//   <script src="https://…/embed.js" data-survey="KEY" async></script>
// or, in another place, <div data-survey="KEY"></div>. Attributes data-var-NAME give
// open variables. When it is done the element hears “tellback:done”.
(() => {
  "use strict";

  const script = document.currentScript;
  const origin = new URL(script.src).origin;

  function show(place) {
    const key = place.dataset.survey;
    if (!key || place.dataset.tellback) return;
    place.dataset.tellback = "shown";
    const address = new URL(`/embed/${encodeURIComponent(key)}/`, origin);
    for (const { name, value } of place.attributes) {
      if (name.startsWith("data-var-")) address.searchParams.set(name.slice(9), value);
    }
    const lang = place.lang || document.documentElement.lang;
    if (lang) address.searchParams.set("lang", lang);
    const frame = document.createElement("iframe");
    frame.src = address;
    frame.title = place.title || "Survey";
    Object.assign(frame.style, { width: "100%", border: "0", height: "20rem" });
    if (place === script) place.after(frame);
    else place.append(frame);
    addEventListener("message", (event) => {
      if (event.origin === origin && event.source === frame.contentWindow) {
        hear(place, frame, event.data?.tellback);
      }
    });
  }

  function hear(place, frame, news) {
    if (Number.isFinite(news?.height)) {
      frame.style.height = `${Math.min(Math.max(news.height, 50), 20000)}px`;
    }
    const above = frame.getBoundingClientRect().top < 0;
    if (news?.turned && above) frame.scrollIntoView({ block: "start" });
    if (!news?.done) return;
    const wanted = place.dispatchEvent(
      new CustomEvent("tellback:done", { bubbles: true, cancelable: true }),
    );
    if (wanted && /^https?:\/\//.test(news.to)) location.assign(news.to);
  }

  function showAll() {
    show(script);
    document.querySelectorAll("[data-survey]").forEach(show);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", showAll);
  } else {
    showAll();
  }
})();
