"use strict";
// What hides parts of the network: the legend's groups and the least number of hosts.

const STEPS = [1, 2, 5];

for (const chip of document.querySelectorAll("[data-group]")) {
  chip.addEventListener("click", () => {
    const group = Number(chip.dataset.group);
    const show = choice.hiddenGroups.has(group);
    if (show) choice.hiddenGroups.delete(group);
    else choice.hiddenGroups.add(group);
    chip.setAttribute("aria-pressed", String(show));
    changed();
  });
}

function startSlider(slider) {
  const largest = Math.max(...items.hosts);
  const stops = [];
  for (let power = 1; power <= largest; power *= 10) {
    for (const step of STEPS) if (step * power <= largest) stops.push(step * power);
  }
  slider.max = String(Math.max(0, stops.length - 1));
  slider.disabled = stops.length < 2;
  const slide = () => {
    choice.minimum = stops[Number(slider.value)] || 1;
    byId("minimum-value").textContent = count(choice.minimum);
    slider.setAttribute("aria-valuetext", `${count(choice.minimum)} hosts or more`);
    changed();
  };
  slider.addEventListener("input", slide);
  slide();
}

if (byId("minimum")) startSlider(byId("minimum"));

// Keys and buttons that move the view: `pan` takes pixels to the right and down, `zoom` a factor.
function moveByKeys(container, pan, zoom, fit) {
  const keys = new Map([
    ["ArrowLeft", () => pan(-60, 0)], ["ArrowRight", () => pan(60, 0)],
    ["ArrowUp", () => pan(0, -60)], ["ArrowDown", () => pan(0, 60)],
    ["+", () => zoom(1.25)], ["=", () => zoom(1.25)], ["-", () => zoom(0.8)], ["0", fit], ["Escape", clearAll],
  ]);
  container.addEventListener("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys.get(event.key);
    if (!action) return;
    event.preventDefault();
    action();
  });
  byId("zoom-in").addEventListener("click", () => zoom(1.25));
  byId("zoom-out").addEventListener("click", () => zoom(0.8));
  byId("zoom-fit").addEventListener("click", fit);
}
