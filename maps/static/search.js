"use strict";
// What the reader chose among the items, for any kind whose data has items.name; views add themselves to `listeners`.

const items = data.items;
// Many items share few groups.
items.group = (items.groupText || []).map((text) => data.groupTexts[text]);

// Names are isolated, so that one written from right to left does not reorder the figures beside it.
function nameElement(item) {
  return element("bdi", "name", items.name[item]);
}

// ---- what the reader chose ----

const choice = { selected: -1, query: "", matches: null, minimum: 1, hiddenGroups: new Set() };
const listeners = [];
const changed = () => listeners.forEach((listener) => listener());

function select(item) {
  choice.selected = item;
  changed();
}

// ---- search ----

const searchBox = byId("search");
const lowerNames = items.name.map((name) => name.toLowerCase());

function search() {
  const query = searchBox.value.trim().toLowerCase();
  choice.query = query;
  choice.matches = null;
  choice.selected = -1;
  if (query) {
    choice.matches = new Set();
    lowerNames.forEach((name, item) => {
      if (name.includes(query)) choice.matches.add(item);
    });
  }
  const found = choice.matches ? choice.matches.size : 0;
  byId("found").textContent = choice.matches ? count(found) + (found === 1 ? " match" : " matches") : "";
  changed();
}

function clearAll() {
  searchBox.value = "";
  search();
}

searchBox.addEventListener("input", search);
searchBox.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    event.preventDefault();
    clearAll();
  } else if (event.key === "Enter" && choice.matches && choice.matches.size) {
    event.preventDefault();
    const found = Array.from(choice.matches);
    const step = event.shiftKey ? found.length - 1 : 1;
    const at = found.indexOf(choice.selected);
    select(found[at < 0 ? 0 : (at + step) % found.length]);
  }
});
