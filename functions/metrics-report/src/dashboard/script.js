// Keeps the page up to date: fetches it again and puts what has changed in place, so that nothing flickers, and what is open,
// focused or scrolled stays so. Without this script the page reloads itself.
//
// On the page to sign in, it also puts the dashboard's pages in its own place, since only a script can send a token: the page that is
// shown stands behind the # of the address, so that going back, reloading and bookmarks work as ever.
(() => {
  "use strict";
  const root = document.documentElement;
  const refreshMs = Number(root.dataset.refreshMs);
  const patienceMs = 20000;
  const first = "/dashboard";
  const shell = "signIn" in root.dataset;
  const keptAs = "guardian-token";
  const partsOf = (within) => [...within.querySelectorAll("[data-part]")];
  const find = (id) => document.getElementById(id);
  const signIn = shell && document.body.cloneNode(true);
  // What the server last sent of each part: what is on the page may have been opened, or tells times its own way.
  let sources = new Map();
  let goodAt = new Date();
  let timer = 0;
  let fetching = null;
  let awaited = "awaited" in root.dataset;

  const clock = (date) => date.toLocaleTimeString(undefined, { hour12: false });
  const say = (kind, words, since) => {
    root.classList.toggle("live", kind === "live");
    root.classList.toggle("stale", kind === "stale");
    if (find("state").textContent !== words) find("state").textContent = words;
    if (since !== undefined) find("as-of").textContent = since;
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
      const again = find(home.id);
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

  const sourcesOf = (page) => new Map(partsOf(page).map((part) => [part.dataset.part, part.outerHTML]));

  // The same page again.
  const update = (page) => {
    const main = page.querySelector("main");
    if (!main) throw new Error("the answer is no dashboard");
    const fresh = partsOf(page);
    const shown = partsOf(document);
    const names = (parts) => parts.map((part) => part.dataset.part).join();
    const next = sourcesOf(page);
    if (names(fresh) === names(shown)) {
      shown.forEach((part, place) => {
        const name = part.dataset.part;
        if (sources.get(name) !== next.get(name)) replace(part, document.adoptNode(fresh[place]));
      });
    } else {
      replace(document.querySelector("main"), document.adoptNode(main));
    }
    sources = next;
  };

  // Another page, in the place of the one that is shown.
  const turnTo = (page, place) => {
    for (const script of page.querySelectorAll("script")) script.remove();
    document.title = page.title;
    document.body.replaceWith(document.adoptNode(page.body));
    sources = sourcesOf(document);
    const there = place && find(place);
    if (there) there.scrollIntoView();
    else scrollTo(0, 0);
  };

  // What is shown: the page, and the place on it.
  const address = () => {
    if (!shell) return [location.href, null];
    const [path, place] = location.hash.slice(1).split("#");
    return [path.startsWith(`${first}?`) || path.startsWith(`${first}/`) ? path : first, place];
  };
  let shown = shell ? null : address()[0];

  const askForToken = (why) => {
    sessionStorage.removeItem(keptAs);
    clearTimeout(timer);
    shown = null;
    document.body.replaceWith(signIn.cloneNode(true));
    if (why) find("sign-in-why").textContent = why;
    say("paused", "Not signed in", "");
    find("token").focus();
  };

  const refresh = async () => {
    const token = shell && sessionStorage.getItem(keptAs);
    if (shell && !token) return askForToken();
    const [wanted, place] = address();
    if (fetching === wanted) return;
    fetching = wanted;
    clearTimeout(timer);
    try {
      const headers = token ? { authorization: `Bearer ${token}` } : {};
      const answer = await fetch(wanted, { cache: "no-store", headers, signal: AbortSignal.timeout(patienceMs) });
      if (fetching !== wanted) return;
      if (shell && answer.status === 401) return askForToken("The token is not valid, or no longer.");
      if (shell && answer.status === 403) return askForToken("The token is not for operators.");
      const isPage = (answer.headers.get("content-type") ?? "").startsWith("text/html");
      const turns = shown !== wanted || awaited;
      if (!isPage || (!answer.ok && !turns)) throw new Error(`the server answered ${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (fetching !== wanted) return;
      if (turns && !answer.ok && !shell) throw new Error(`the server answered ${answer.status}`);
      if (turns && !shell) return location.reload();
      if (turns) turnTo(page, place);
      else update(page);
      [shown, awaited] = [wanted, "awaited" in page.documentElement.dataset];
      goodAt = new Date();
      tellTimes();
      if (awaited) say("stale", "Stale: this page could not be made. Trying again.", "");
      else say("live", "Live", `as of ${clock(goodAt)}`);
    } catch (error) {
      if (fetching !== wanted) return;
      const why = error.name === "TimeoutError" ? "the server did not answer in time"
        : error instanceof TypeError ? "the server cannot be reached" : error.message;
      say("stale", `Stale since ${clock(goodAt)}: ${why}. Trying again.`, "");
    } finally {
      if (fetching === wanted) {
        fetching = null;
        timer = setTimeout(() => document.hidden || refresh(), refreshMs);
      }
    }
  };

  // OpenID Connect: authorization code with PKCE. What it takes to come back is kept in the tab.
  const awaitedAs = "guardian-sign-in";
  const encode = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (sign) => ({ "+": "-", "/": "_", "=": "" })[sign]);
  const discover = async (issuer) => {
    const answer = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    if (!answer.ok) throw new Error(`the provider answered ${answer.status}`);
    return answer.json();
  };
  const leave = async ({ issuer, clientId }) => {
    const [verifier, state] = [0, 0].map(() => encode(crypto.getRandomValues(new Uint8Array(32))));
    const challenge = encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
    const { authorization_endpoint: endpoint } = await discover(issuer);
    sessionStorage.setItem(awaitedAs, JSON.stringify({ verifier, state, hash: location.hash }));
    const asked = new URL(endpoint);
    for (const [name, value] of Object.entries({
      response_type: "code", client_id: clientId, redirect_uri: location.origin + location.pathname,
      scope: "openid guardian/operator", state, code_challenge: challenge, code_challenge_method: "S256",
    })) asked.searchParams.set(name, value);
    location.assign(asked);
  };
  const comeBack = async ({ issuer, clientId }, said) => {
    const { verifier, state, hash } = JSON.parse(sessionStorage.getItem(awaitedAs) ?? "{}");
    sessionStorage.removeItem(awaitedAs);
    history.replaceState(null, "", location.pathname + (hash || `#${first}`));
    if (!state || said.get("state") !== state) throw new Error("this is not the answer to what was asked");
    if (!said.get("code")) throw new Error(said.get("error_description") ?? said.get("error") ?? "there is no code");
    const { token_endpoint: endpoint } = await discover(issuer);
    const body = new URLSearchParams({
      grant_type: "authorization_code", client_id: clientId, code: said.get("code"), code_verifier: verifier,
      redirect_uri: location.origin + location.pathname,
    });
    const answer = await fetch(endpoint, { method: "POST", body });
    const { access_token: token } = await answer.json();
    if (!answer.ok || !token) throw new Error(`the provider answered ${answer.status}`);
    sessionStorage.setItem(keptAs, token);
  };

  // Shows a page of the dashboard where only this script can ask for it.
  const go = (path) => {
    if (location.hash === `#${path}`) return refresh();
    location.hash = path;
  };

  const busy = () => {
    document.querySelector("main").setAttribute("aria-busy", "true");
    say("paused", "Loading");
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(timer);
      say("paused", "Paused");
    } else {
      refresh();
    }
  });
  document.addEventListener("submit", (event) => {
    if (shell && event.target.id === "sign-in") {
      event.preventDefault();
      sessionStorage.setItem(keptAs, find("token").value.trim());
      return refresh();
    }
    busy();
    if (!shell) return;
    event.preventDefault();
    go(`${first}?${new URLSearchParams(new FormData(event.target))}`);
  });
  if (shell) {
    document.addEventListener("click", (event) => {
      if (event.target.id === "provider") {
        leave(event.target.dataset).catch((error) => askForToken(`The provider does not let in: ${error.message}.`));
        return;
      }
      const link = event.target.closest("a[href]");
      const isOther = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
      if (!link || isOther) return;
      const href = link.getAttribute("href");
      if (href.startsWith("#")) {
        event.preventDefault();
        const there = find(href.slice(1));
        there?.scrollIntoView();
        there?.focus({ preventScroll: true });
      } else if (href.startsWith(first)) {
        event.preventDefault();
        go(href);
      }
    });
    window.addEventListener("hashchange", () => {
      if (sessionStorage.getItem(keptAs)) busy();
      refresh();
    });
    const handed = location.hash.match(/^#token=(.+)$/);
    if (handed) {
      sessionStorage.setItem(keptAs, decodeURIComponent(handed[1]));
      history.replaceState(null, "", `${location.pathname}#${first}`);
    }
  }
  window.addEventListener("pageshow", (event) => event.persisted && refresh());
  setInterval(tellTimes, 1000);
  const said = new URLSearchParams(location.search);
  if (shell && find("provider") && said.has("state")) {
    const back = comeBack(find("provider").dataset, said);
    back.then(refresh, (error) => askForToken(`The provider does not let in: ${error.message}.`));
  } else if (shell) {
    refresh();
  } else {
    sources = sourcesOf(document);
    if (awaited) say("stale", "Stale: this page could not be made. Trying again.", `as of ${clock(goodAt)}`);
    else say("live", "Live", `as of ${clock(goodAt)}`);
    tellTimes();
    timer = setTimeout(() => document.hidden || refresh(), refreshMs);
  }
})();
