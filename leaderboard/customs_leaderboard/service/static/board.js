// Live standings, the reader's own team, forms without a reload, local times.
// Links and forms work without this file. Attributes that it reads:
//
// main        data-poll="15"        looks for changes after so many seconds
//             data-phase, data-edition   another phase reloads; the own team is kept by edition
// any         data-live (with id)   replaced when a newer page differs
// a           data-size="top|all"   size of the table #board, whose rows beyond the top have
//                                   the class "beyond"
// form        data-inline           sent by script; its answer replaces <main>, so that a reload
//                                   never sends it again
//             data-auto             besides, sent at once if its secret is kept
//             data-max-bytes, data-too-large   limit of its file, and what to say about it
//             data-quota            shows the team's quota in its [data-quota-text]
// button      data-native           sends its data-inline form without the script (a download)
// input       data-secret="team"    a token or code, inside .field. The reader may keep it in this
//                                   tab (sessionStorage). Other kinds: "organizer".
// pre         data-copy             gets a button that copies it
// time        data-local            gets the local time beside it
"use strict";

(() => {
  const body = () => document.querySelector("main");
  const board = () => document.getElementById("board");

  // What a reader keeps; browsers may refuse storage.
  const kept = (storage, name) => { try { return window[storage].getItem(name); } catch { return null; } };
  const keep = (storage, name, value) => {
    try { value ? window[storage].setItem(name, value) : window[storage].removeItem(name); } catch { /* only this page */ }
  };

  // Secrets: in memory until the page is left, and in the tab's storage if the reader wants it.
  const secrets = {};
  const secretOf = (kind) => secrets[kind] || kept("sessionStorage", `secret ${kind}`);
  const forget = (kind) => { delete secrets[kind]; keep("sessionStorage", `secret ${kind}`, null); };
  const secretField = (form) => form.querySelector("input[data-secret]");

  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  const prepareSecret = (input) => {
    const kind = input.dataset.secret, field = input.closest(".field");
    const known = secretOf(kind);
    const old = field.querySelector(".keeping");
    if (old) old.remove();
    field.classList.toggle("known", Boolean(known));
    if (known) {
      input.value = known;
      const text = kept("sessionStorage", `secret ${kind}`)
        ? "It is kept in this tab until you close it." : "It is known until you leave this page.";
      const button = element("button", { type: "button", className: "copy", textContent: "Forget it" });
      button.addEventListener("click", () => {
        forget(kind);
        input.value = "";
        document.querySelectorAll("input[data-secret]").forEach(prepareSecret);
        input.focus();
      });
      field.append(element("p", { className: "keeping" }, `${text} `, button));
    } else {
      const box = element("input", { type: "checkbox" });
      const label = element("label", {}, box, " Keep on this computer until I close this tab");
      field.append(element("p", { className: "keeping" }, label));
    }
  };

  const rememberSecret = (form) => {
    const input = secretField(form);
    if (!input || !input.value) return;
    const kind = input.dataset.secret, box = input.closest(".field").querySelector(".keeping input");
    secrets[kind] = input.value.trim();
    if (box && box.checked) keep("sessionStorage", `secret ${kind}`, secrets[kind]);
  };

  // Forms whose answer replaces <main>.
  const sendInline = (form, submitter) => {
    const data = new FormData(form, submitter);
    const status = form.querySelector(".sending") || form.appendChild(element("div", { className: "sending" }));
    status.setAttribute("role", "status");
    const request = new XMLHttpRequest();
    request.open("POST", (submitter && submitter.getAttribute("formaction")) || form.getAttribute("action"));
    request.setRequestHeader("Accept", "text/html");
    request.responseType = "document";
    const end = (text) => {
      form.removeAttribute("aria-busy");
      form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
      status.textContent = text;
    };
    if (form.enctype === "multipart/form-data") {
      const bar = element("progress", { max: 1, value: 0 }), text = element("span");
      bar.setAttribute("aria-label", "Progress of the upload");
      status.replaceChildren(bar, " ", text);
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        bar.value = loaded / total;
        text.textContent = loaded < total
          ? `${(loaded / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB sent` : "Sent. It is being checked and scored.";
      });
    }
    request.addEventListener("load", () => {
      const fresh = request.response && request.response.querySelector("main");
      if (!fresh) { end(`The site answered with status ${request.status}. Try again.`); return; }
      const input = secretField(form);
      if (request.status === 401 && input) forget(input.dataset.secret);
      document.title = request.response.title;
      body().replaceWith(document.adoptNode(fresh));
      prepare(body());
      body().focus();
      scrollTo(0, 0);
      // An action that answered 303 leads to a form for the secret, which is known.
      if (request.status === 200) body().querySelectorAll("form[data-auto]").forEach((next) => {
        if (secretOf(secretField(next).dataset.secret)) sendInline(next, null);
      });
    });
    request.addEventListener("error", () => end("There is no connection, or the site ended it. Try again."));
    form.setAttribute("aria-busy", "true");
    form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    request.send(form.enctype === "multipart/form-data" ? data : new URLSearchParams(data));
  };

  document.addEventListener("submit", (event) => {
    const form = event.target, submitter = event.submitter;
    rememberSecret(form);
    if (!form.hasAttribute("data-inline") || (submitter && submitter.hasAttribute("data-native"))) return;
    event.preventDefault();
    sendInline(form, submitter);
  });

  // What a team may still send, before it chooses a file.
  const showQuota = async (form) => {
    const token = secretOf("team"), place = form.querySelector("[data-quota-text]");
    if (!token) return;
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await fetch("/api/v1/team?limit=1", { headers, cache: "no-store", credentials: "same-origin" }).catch(() => null);
    if (!answer) return;
    if (answer.status === 401) {
      forget("team");
      form.querySelectorAll("input[data-secret]").forEach((input) => { input.value = ""; prepareSecret(input); });
      place.textContent = "The token that was kept is no longer valid.";
    } else if (answer.ok) {
      const team = await answer.json(), n = team.n_left_today;
      const more = team.resets_at ? `; more from ${inWords(new Date(team.resets_at))} here` : "";
      place.textContent = `${team.name}: ${n} ${n === 1 ? "file" : "files"} left${more}.`;
    }
  };

  // Warns before megabytes are sent in vain.
  const watchSize = (form) => {
    const field = form.querySelector("input[type=file]");
    field.addEventListener("change", () => {
      const large = field.files.length && field.files[0].size > Number(form.dataset.maxBytes);
      field.setCustomValidity(large ? form.dataset.tooLarge : "");
      field.reportValidity();
    });
  };

  // Times in the reader's zone, beside UTC.
  const inWords = (at) =>
    at.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const showLocalTimes = (root) => {
    for (const time of root.querySelectorAll("time:not([title])")) {
      const at = new Date(time.dateTime);
      time.title = `${inWords(at)} in your time zone`;
      if (time.hasAttribute("data-local") && at.getTimezoneOffset()) {
        time.after(element("span", { className: "here", textContent: ` (${inWords(at)} here)` }));
      }
    }
  };

  const addCopyButtons = (root) => {
    for (const block of navigator.clipboard ? root.querySelectorAll("pre[data-copy]") : []) {
      const button = element("button", { type: "button", className: "copy", textContent: "Copy" });
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(block.textContent.trim());
        button.textContent = "Copied";
      });
      const frame = element("div", { className: "copyable" });
      block.replaceWith(frame);
      frame.append(block, button);
    }
  };

  const prepare = (root) => {
    root.querySelectorAll("input[data-secret]").forEach(prepareSecret);
    root.querySelectorAll("form[data-max-bytes]").forEach(watchSize);
    root.querySelectorAll("form[data-quota]").forEach(showQuota);
    addCopyButtons(root);
    showLocalTimes(root);
  };

  prepare(document);
  for (const form of document.querySelectorAll("form[data-auto]")) {
    if (kept("sessionStorage", `secret ${secretField(form).dataset.secret}`)) sendInline(form, null);
  }

  // The table of standings: top or all, filter, own team, live.
  const main = body();
  if (!main.dataset.poll) return;
  const news = document.getElementById("news");
  const mineKey = `my team ${main.dataset.edition}`;
  const filter = document.getElementById("filter");
  let everything = new URLSearchParams(location.search).get("all") === "1";
  let complete = everything; // whether the page has all teams, shown or not
  let etag = null, etagUrl = null;
  let sorted = location.search;

  const addressOf = (href) => {
    const url = new URL(href);
    url.hash = "";
    complete ? url.searchParams.set("all", "1") : url.searchParams.delete("all");
    return url.href;
  };

  const fetchPage = async (url) => {
    const headers = etag && etagUrl === url ? { "If-None-Match": etag } : {};
    const response = await fetch(url, { headers, cache: "no-store", credentials: "same-origin" });
    if (response.status === 304) return null;
    if (!response.ok) throw new Error(`status ${response.status}`);
    [etag, etagUrl] = [response.headers.get("ETag"), url];
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };

  const rowsOf = (root) => [...root.querySelectorAll("#board tr[data-team]")];
  const textsOf = (root) => new Map(rowsOf(root).map((row) => [row.dataset.team, row.textContent]));

  // Shows the rows that the reader wants: top or all, those with the text, and always the own team.
  const arrange = () => {
    if (!board() || !filter) return;
    const text = filter.value.trim().toLocaleLowerCase(), mine = kept("localStorage", mineKey);
    let n = 0;
    for (const row of board().tBodies[0].rows) {
      const name = row.querySelector(".name"), team = row.dataset.team, own = team !== undefined && team === mine;
      const beyond = row.classList.contains("beyond");
      row.classList.toggle("mine", own);
      row.hidden = text ? !team || !name.textContent.toLocaleLowerCase().includes(text) : beyond && !everything && !own;
      n += team && !row.hidden ? 1 : 0;
      if (!team) continue;
      let star = row.querySelector(".star");
      if (!star) {
        star = element("button", { type: "button", className: "star" });
        star.setAttribute("aria-label", `${name.textContent} is my team`);
        star.title = "My team";
        name.after(star);
      }
      star.setAttribute("aria-pressed", String(own));
    }
    board().classList.toggle("top", !everything && !text);
    for (const line of document.querySelectorAll(".chart [data-team]")) {
      line.classList.toggle("mine", line.dataset.team === mine);
    }
    for (const link of document.querySelectorAll("#sizes a")) {
      (link.dataset.size === "all") === everything ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    }
    const more = document.getElementById("more");
    if (more) more.hidden = everything || Boolean(text) || !document.querySelector("#sizes a");
    document.getElementById("filter-hint").textContent = text ? `${n} ${n === 1 ? "team" : "teams"}` : "";
  };

  // Replaces changed elements with data-live; returns the teams whose rows changed.
  const show = (fresh) => {
    if (fresh.querySelector("main").dataset.phase !== main.dataset.phase) {
      location.reload();
      return [];
    }
    const old = textsOf(document);
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (!next || next.outerHTML === part.outerHTML) continue;
      const focused = part.contains(document.activeElement) && document.activeElement;
      const column = focused && focused.closest("th[scope=col]");
      const place = column ? [...column.parentNode.children].indexOf(column) : -1;
      const team = focused && focused.matches(".star") && focused.closest("tr").dataset.team;
      part.replaceWith(document.adoptNode(next));
      arrange();
      if (place >= 0) next.querySelectorAll("thead th")[place].querySelector("a").focus();
      const star = team && next.querySelector(`tr[data-team="${team}"] .star`);
      if (star) star.focus();
    }
    arrange();
    const now = textsOf(document);
    return [...now.keys()].filter((team) => old.get(team) !== now.get(team));
  };

  const announce = (teams) => {
    const lines = teams.slice(0, 3).map((team) => {
      const row = document.querySelector(`#board tr[data-team="${team}"]`);
      row.classList.add("changed");
      const [rank, name, score] = [".rank", ".name", ".score"].map((part) => row.querySelector(part).textContent.trim());
      return `${name} is at rank ${rank} with ${score}`;
    });
    const more = teams.length > 3 ? `, and ${teams.length - 3} more changes` : "";
    news.textContent = `Standings updated: ${lines.join("; ")}${more}.`;
  };

  const look = async () => {
    try {
      const fresh = await fetchPage(addressOf(location.href));
      const changed = fresh ? show(fresh) : [];
      if (changed.length) announce(changed);
      main.removeAttribute("data-stale");
    } catch {
      main.setAttribute("data-stale", ""); // the next request may succeed
    }
    showLocalTimes(document);
  };

  // Goes to a link's order and size without a jump.
  const follow = (href, push = true) => {
    return fetchPage(addressOf(href)).then((fresh) => {
      const url = new URL(href);
      everything ? url.searchParams.set("all", "1") : url.searchParams.delete("all");
      if (push) history.pushState(null, "", url.href.split("#")[0]);
      sorted = location.search;
      if (fresh) show(fresh); else arrange();
      showLocalTimes(document);
    });
  };

  // Gets the rows beyond the top, once they are needed.
  const complement = async () => {
    if (complete || !document.querySelector("#sizes a")) { arrange(); return; }
    complete = true;
    await follow(location.href, false).catch(() => { complete = false; });
  };

  document.addEventListener("click", (event) => {
    const star = event.target.closest(".star");
    if (star) {
      const team = star.closest("tr").dataset.team;
      keep("localStorage", mineKey, kept("localStorage", mineKey) === team ? null : team);
      arrange();
      return;
    }
    const link = event.target.closest("a.sort, .phone-sort a, a[data-size]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (link.dataset.size) everything = link.dataset.size === "all";
    complete = complete || everything;
    follow(link.href).catch(() => location.assign(link.href));
  });

  if (filter) {
    filter.addEventListener("input", complement);
    document.getElementById("filter-tool").hidden = false;
  }
  setInterval(() => { if (!document.hidden) look(); }, main.dataset.poll * 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  // Links within the page fire popstate, too: a reload would lose their focus.
  addEventListener("popstate", () => { if (location.search !== sorted) location.reload(); });
  arrange();
  const mine = kept("localStorage", mineKey);
  if (mine && !rowsOf(document).some((row) => row.dataset.team === mine)) complement();
})();
