// The table of a week's declarations: sort, filter, and count what is ticked. It works without this
// file, in the order of filing. A table with data-arrivals="35" asks for 35 ticks; tools appear in
// the element with data-arrivals-tools before it.
"use strict";

(() => {
  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const compare = new Intl.Collator("en", { numeric: true }).compare;

  const sortBy = (table, place) => {
    const head = table.tHead.rows[0].cells[place];
    const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const key = (row) => {
      const box = row.cells[place].querySelector("input");
      return box ? String(Number(!box.checked)) : row.cells[place].textContent;
    };
    const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
    rows.sort(([a], [b]) => sign * compare(a, b));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };

  const prepare = (table) => {
    table.dataset.ready = "";
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = element("button", { type: "button", textContent: head.textContent });
      button.addEventListener("click", () => sortBy(table, place));
      head.replaceChildren(button);
    });
    const filter = element("input", { type: "search", id: "arrivals-filter", autocomplete: "off" });
    const label = element("label", { htmlFor: "arrivals-filter", textContent: "Show rows with" });
    const count = element("p", { className: "hint" });
    count.setAttribute("role", "status");
    const wanted = Number(table.dataset.arrivals);
    const show = () => {
      const words = filter.value.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
      let n = 0;
      for (const row of table.tBodies[0].rows) {
        const text = row.textContent.toLocaleLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        n += row.hidden ? 0 : 1;
      }
      const ticked = table.querySelectorAll("input:checked").length;
      count.textContent = `${ticked} of ${wanted} ticked` + (words.length ? `, ${n} rows shown` : "");
    };
    filter.addEventListener("input", show);
    table.addEventListener("change", show);
    const tools = table.closest("form").querySelector("[data-arrivals-tools]");
    tools.append(element("p", { className: "filter" }, label, " ", filter), count);
    show();
  };

  const look = () => document.querySelectorAll("table[data-arrivals]:not([data-ready])").forEach(prepare);
  new MutationObserver(look).observe(document.body, { childList: true }); // board.js replaces <main>
  look();
})();
