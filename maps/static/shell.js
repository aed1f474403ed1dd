"use strict";
// The shell of every kind: the data, words and figures, tabs. Text reaches the page as textContent only.

const data = JSON.parse(document.getElementById("data").textContent);
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

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function fact(list, term, description) {
  const row = element("div");
  const text = element("dd");
  text.append(element("bdi", "", description));
  row.append(element("dt", "", term), text);
  list.append(row);
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
