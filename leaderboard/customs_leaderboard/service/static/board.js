// Live standings, sorting without a jump, local times. Links and forms work without this file.
"use strict";

(() => {
  const main = document.querySelector("main");
  const news = document.getElementById("news");
  let etag = null;
  let sorted = location.search;

  const fetchPage = async (url, headers = {}) => {
    const response = await fetch(url, { headers, cache: "no-store" });
    if (response.status === 304) return null;
    if (!response.ok) throw new Error(`status ${response.status}`);
    etag = response.headers.get("ETag");
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };

  const textsOf = (root) => {
    const rows = root.querySelectorAll("#board tr[data-team]");
    return new Map([...rows].map((row) => [row.dataset.team, row.textContent]));
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
      if (next && next.outerHTML !== part.outerHTML) {
        const focused = part.contains(document.activeElement) && document.activeElement;
        const column = focused && focused.closest("th");
        const place = column ? [...column.parentNode.children].indexOf(column) : -1;
        part.replaceWith(document.adoptNode(next));
        if (place >= 0) next.querySelectorAll("thead th")[place].querySelector("a").focus();
      }
    }
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
      const fresh = await fetchPage(location.href, etag ? { "If-None-Match": etag } : {});
      const changed = fresh ? show(fresh) : [];
      if (changed.length) announce(changed);
      main.removeAttribute("data-stale");
    } catch {
      main.setAttribute("data-stale", ""); // the next request may succeed
    }
    showLocalTimes();
  };

  const sortInPlace = (event) => {
    const link = event.target.closest("a.sort, .phone-sort a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    fetchPage(link.href).then((fresh) => {
      history.pushState(null, "", link.href.split("#")[0]);
      sorted = location.search;
      show(fresh);
    }).catch(() => location.assign(link.href));
  };

  const showLocalTimes = () => {
    for (const time of document.querySelectorAll("time:not([title])")) {
      time.title = `${new Date(time.dateTime).toLocaleString()} in your time zone`;
    }
  };

  const addCopyButtons = () => {
    for (const block of document.querySelectorAll("pre[data-copy]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(block.textContent.trim());
        button.textContent = "Copied";
      });
      const frame = document.createElement("div");
      frame.className = "copyable";
      block.replaceWith(frame);
      frame.append(block, button);
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

  document.querySelectorAll("form[data-max-bytes]").forEach(watchSize);
  if (main.dataset.poll) {
    setInterval(() => { if (!document.hidden) look(); }, main.dataset.poll * 1000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
    document.addEventListener("click", sortInPlace);
    // Links within the page fire popstate, too: a reload would lose their focus.
    addEventListener("popstate", () => { if (location.search !== sorted) location.reload(); });
  }
  if (navigator.clipboard) addCopyButtons();
  showLocalTimes();
})();
