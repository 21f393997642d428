// The organizer's page: the token is entered once and stays in memory; in session storage only if the box is ticked.
// Without this script every form asks for the token.
"use strict";
(() => {
  const KEY = "customs-kit organizer";
  let token = "";
  try { token = sessionStorage.getItem(KEY) || ""; } catch { /* no storage: memory only */ }

  const prepare = () => {
    const main = document.querySelector("main[data-admin]");
    for (const box of main.querySelectorAll(".remember")) box.hidden = false;
    if (!token || main.dataset.admin !== "status") return;
    main.setAttribute("data-has-token", "");
    for (const field of main.querySelectorAll("input[name=token]")) field.value = token;
  };

  const forget = () => {
    token = "";
    try { sessionStorage.removeItem(KEY); } catch { /* nothing was kept */ }
  };

  const showPage = async (response) => {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = page.querySelector("main[data-admin]");
    document.querySelector("main").replaceWith(document.adoptNode(main));
    if (response.status === 401) forget();
    prepare();
    scrollTo(0, 0);
    document.querySelector("main").focus();
  };

  const post = (url, fields) => fetch(url, {
    method: "POST", body: new URLSearchParams(fields), cache: "no-store", credentials: "same-origin",
  });

  const send = async (form) => {
    const fields = new FormData(form);
    token = String(fields.get("token")).trim();
    const box = form.querySelector("[data-remember]");
    const response = await post(form.getAttribute("action"), fields);
    if (box && box.checked && response.ok) {
      try { sessionStorage.setItem(KEY, token); } catch { /* memory only */ }
    }
    // A deed answers 303 to a page without status: ask for the status with what was done.
    const done = response.redirected ? new URL(response.url).searchParams.get("done") : null;
    await showPage(done ? await post("/admin", { token, done }) : response);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.closest("main[data-admin]")) return;
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    send(form).catch(() => {
      button.disabled = false;
      const note = document.createElement("p");
      note.className = "note bad";
      note.setAttribute("role", "alert");
      note.textContent = "The server did not answer. Look at the log before you try again.";
      form.append(note);
    });
  });

  prepare();
  if (token && document.querySelector("main").dataset.admin === "ask") {
    post("/admin", { token }).then(showPage).catch(forget);
  }
})();
