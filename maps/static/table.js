"use strict";
// A sortable table that the search filters, for any kind of map.

// A column: its heading, the value to sort by, the text to show; names are elements of their own. Returns the
// listener that hides what the search does not find.
function buildTable(place, caption, columns, rows, rowMatches) {
  const table = element("table");
  const title = element("caption");
  const words = element("span", "words", caption + " ");
  const shown = element("span");
  words.append(shown);
  title.append(words);
  const headings = element("tr");
  const body = element("tbody");
  const lines = rows.map((row) => {
    const line = element("tr");
    columns.forEach((column) => {
      const cell = element(column.header ? "th" : "td", column.number ? "number" : "");
      if (column.header) cell.scope = "row";
      cell.append(column.show(row));
      line.append(cell);
    });
    return { row, line };
  });

  function sortBy(column, descending) {
    const sign = descending ? -1 : 1;
    lines.sort((p, q) => {
      const x = column.value(p.row);
      const y = column.value(q.row);
      if (x === y) return p.row - q.row;
      if (x === null || y === null) return x === null ? 1 : -1;
      return x < y ? -sign : sign;
    });
    body.append(...lines.map(({ line }) => line));
  }

  for (const column of columns) {
    const heading = element("th", column.number ? "number" : "");
    heading.scope = "col";
    heading.setAttribute("aria-sort", column.sorted || "none");
    // Browsers do not repeat buttons on each printed page; the style sheet prints this instead.
    heading.dataset.title = column.title;
    const button = element("button", "", column.title);
    button.type = "button";
    button.addEventListener("click", () => {
      const now = heading.getAttribute("aria-sort");
      const descending = now === "none" ? Boolean(column.number) : now === "ascending";
      for (const other of headings.children) other.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sortBy(column, descending);
    });
    heading.append(button);
    headings.append(heading);
  }

  function filter() {
    let left = 0;
    for (const { row, line } of lines) {
      const match = !choice.matches || rowMatches(row);
      line.hidden = !match;
      if (match) left += 1;
    }
    shown.textContent = left === lines.length ? "" : `${count(left)} of ${count(lines.length)} rows match the search.`;
  }

  const head = element("thead");
  head.append(headings);
  table.append(title, head, body);
  body.append(...lines.map(({ line }) => line));
  place.replaceChildren(table);
  listeners.push(filter);
  filter();
  return filter;
}
