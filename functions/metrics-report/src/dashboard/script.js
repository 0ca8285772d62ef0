// Keeps the page up to date: fetches it again and puts what has changed in place, so that nothing flickers, and what is open,
// focused or scrolled stays so. Without this script the page reloads itself.
(() => {
  "use strict";
  const root = document.documentElement;
  const refreshMs = Number(root.dataset.refreshMs);
  const patienceMs = 20000;
  const state = document.getElementById("state");
  const asOf = document.getElementById("as-of");
  const partsOf = (within) => [...within.querySelectorAll("[data-part]")];
  // What the server last sent of each part: what is on the page may have been opened, or tells times its own way.
  let sources = new Map(partsOf(document).map((part) => [part.dataset.part, part.outerHTML]));
  let goodAt = new Date();
  let timer = 0;
  let fetching = false;

  const clock = (date) => date.toLocaleTimeString(undefined, { hour12: false });
  const say = (kind, words) => {
    root.classList.toggle("live", kind === "live");
    root.classList.toggle("stale", kind === "stale");
    if (state.textContent !== words) state.textContent = words;
  };

  // Times as how long ago they are.
  const units = [["second", 60], ["minute", 60], ["hour", 24], ["day", Infinity]];
  const ago = (date) => {
    let number = Math.max(0, Math.round((Date.now() - date) / 1000));
    for (const [unit, many] of units) {
      if (number < many) return `${number} ${unit}${number === 1 ? "" : "s"} ago`;
      number = Math.floor(number / many);
    }
  };
  const tellTimes = () => {
    for (const time of document.querySelectorAll("time[data-ago]")) {
      time.title ||= time.textContent;
      const words = ago(new Date(time.dateTime));
      if (time.textContent !== words) time.textContent = words;
    }
  };

  // Where the focus is, in words that find the same place in a part that has been replaced.
  const placeOf = (element, part) => {
    const home = element.closest("[id]");
    if (!home || !part.contains(home)) return null;
    const all = [home, ...home.querySelectorAll(element.tagName)];
    return () => {
      const again = document.getElementById(home.id);
      return again && [again, ...again.querySelectorAll(element.tagName)][all.indexOf(element)];
    };
  };

  const replace = (old, next) => {
    for (const open of old.querySelectorAll("details[open]")) {
      const same = open.id && next.querySelector(`#${CSS.escape(open.id)}`);
      if (same) same.open = true;
    }
    const known = new Set([...old.querySelectorAll("[data-decision]")].map((item) => item.id));
    for (const item of next.querySelectorAll("[data-decision]")) {
      if (known.size && !known.has(item.id)) item.classList.add("new");
    }
    const scrolled = [...old.querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]);
    const focused = old.contains(document.activeElement) ? placeOf(document.activeElement, old) : null;
    old.replaceWith(next);
    next.querySelectorAll(".scroll").forEach((box, place) => {
      if (scrolled[place]) [box.scrollLeft, box.scrollTop] = scrolled[place];
    });
    if (focused) focused()?.focus({ preventScroll: true });
  };

  const show = (page) => {
    // What could not be made has no parts to be replaced.
    if ("awaited" in root.dataset) return location.reload();
    const main = page.querySelector("main");
    if (!main) throw new Error("the answer is no dashboard");
    const fresh = partsOf(page);
    const shown = partsOf(document);
    const names = (parts) => parts.map((part) => part.dataset.part).join();
    const next = new Map(fresh.map((part) => [part.dataset.part, part.outerHTML]));
    if (names(fresh) === names(shown)) {
      shown.forEach((part, place) => {
        const name = part.dataset.part;
        if (sources.get(name) !== next.get(name)) replace(part, document.adoptNode(fresh[place]));
      });
    } else {
      replace(document.querySelector("main"), document.adoptNode(main));
    }
    sources = next;
    tellTimes();
  };

  const refresh = async () => {
    if (fetching) return;
    fetching = true;
    clearTimeout(timer);
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(patienceMs) });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      goodAt = new Date();
      asOf.textContent = `as of ${clock(goodAt)}`;
      say("live", "Live");
    } catch (error) {
      const why = error.name === "TimeoutError" ? "the server did not answer in time"
        : error instanceof TypeError ? "the server cannot be reached" : error.message;
      asOf.textContent = "";
      say("stale", `Stale since ${clock(goodAt)}: ${why}. Trying again.`);
    } finally {
      fetching = false;
      timer = setTimeout(() => document.hidden || refresh(), refreshMs);
    }
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(timer);
      say("paused", "Paused");
    } else {
      refresh();
    }
  });
  document.addEventListener("submit", () => {
    document.querySelector("main").setAttribute("aria-busy", "true");
    say("paused", "Loading");
  });
  window.addEventListener("pageshow", (event) => event.persisted && refresh());
  asOf.textContent = `as of ${clock(goodAt)}`;
  if ("awaited" in root.dataset) say("stale", "Stale: this page could not be made. Trying again.");
  else say("live", "Live");
  tellTimes();
  setInterval(tellTimes, 1000);
  timer = setTimeout(() => document.hidden || refresh(), refreshMs);
})();
