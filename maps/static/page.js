"use strict";
// The shell: reads the data, keeps what the reader chose, tells the views. Text reaches the page as textContent only.

const data = JSON.parse(document.getElementById("data").textContent);
const items = data.items;
const pairs = data.pairs;
const byId = (id) => document.getElementById(id);
const count = (value) => value.toLocaleString("en-US");
const UNDEFINED = "–";

function percent(value) {
  if (value === null) return UNDEFINED;
  const share = value * 100;
  if (share > 0 && share < 0.1) return "< 0.1 %";
  return share.toFixed(1) + " %";
}

function decimals(value, digits) {
  return value === null ? UNDEFINED : value.toFixed(digits);
}

// The measures that follow from counts; the file holds the counts only.
function measures(pair) {
  const a = pairs.a[pair];
  const b = pairs.b[pair];
  const hosts = pairs.hosts[pair];
  return {
    a, b, hosts,
    lift: pairs.lift[pair],
    shareOfA: hosts / items.hosts[a],
    shareOfB: hosts / items.hosts[b],
    jaccard: hosts / (items.hosts[a] + items.hosts[b] - hosts),
  };
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

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

// For tests and for programs that take pictures: the page can be looked at.
function ready() {
  performance.mark("ready");
  window.__ready = true;
}

// ---- tabs ----

const tabs = Array.from(document.querySelectorAll("[role=tab]"));
const tabListeners = new Map();

function openTab(tab) {
  for (const other of tabs) {
    const open = other === tab;
    other.setAttribute("aria-selected", String(open));
    other.tabIndex = open ? 0 : -1;
    byId(other.getAttribute("aria-controls")).hidden = !open;
  }
  const listener = tabListeners.get(tab.id);
  if (listener) listener();
}

tabs.forEach((tab, index) => {
  tab.addEventListener("click", () => openTab(tab));
  tab.addEventListener("keydown", (event) => {
    const last = tabs.length - 1;
    let next;
    if (event.key === "ArrowRight") next = index === last ? 0 : index + 1;
    else if (event.key === "ArrowLeft") next = index === 0 ? last : index - 1;
    else if (event.key === "Home") next = 0;
    else if (event.key === "End") next = last;
    else return;
    event.preventDefault();
    openTab(tabs[next]);
    tabs[next].focus();
  });
});

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
