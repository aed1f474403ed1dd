"use strict";
// Pictures to take away: what a view shows, as SVG or PNG, on white, with its title, source and dates.

const SPACE = document.querySelector("svg").namespaceURI;
const SHARPER = 2;

function shape(name, className) {
  const made = document.createElementNS(SPACE, name);
  if (className) made.setAttribute("class", className);
  return made;
}

function words(x, y, className, content, anchor) {
  const line = shape("text", className);
  line.setAttribute("x", String(x));
  line.setAttribute("y", String(y));
  if (anchor) line.setAttribute("text-anchor", anchor);
  line.textContent = content;
  return line;
}

function at(x, y, node) {
  const moved = shape("g");
  moved.setAttribute("transform", `translate(${x} ${y})`);
  moved.append(node);
  return moved;
}

function cutTo(text, letters) {
  const all = Array.from(text);
  return all.length > letters ? all.slice(0, letters - 1).join("") + "…" : text;
}

// parts: [{node, width, height}], one below the other. Returns the SVG file as text.
function pictureOf(title, parts) {
  const width = Math.max(640, ...parts.map((part) => part.width)) + 40;
  const root = shape("svg", "figure");
  const style = shape("style");
  style.textContent = data.style;
  const ground = shape("rect", "ground");
  root.append(style, ground);
  let y = 34;
  const letters = Math.floor((width - 40) / 9);
  root.append(words(20, y, "h", cutTo(title, letters)));
  y += 16;
  for (const part of parts) {
    root.append(at(20, y, part.node.cloneNode(true)));
    y += part.height + 14;
  }
  const facts = [...data.about.facts, `Fewer than ${data.few} hosts: hatched, not ranked.`];
  if (data.about.simulated) facts.unshift("SIMULATED DATA: these hosts do not exist.");
  for (const line of facts) {
    y += 16;
    root.append(words(20, y, "m", cutTo(line, Math.floor((width - 40) / 6.5))));
  }
  const height = y + 18;
  for (const node of [root, ground]) {
    node.setAttribute("width", String(Math.ceil(width)));
    node.setAttribute("height", String(Math.ceil(height)));
  }
  root.setAttribute("viewBox", `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`);
  return new XMLSerializer().serializeToString(root);
}

function save(blob, name) {
  const link = element("a");
  const address = URL.createObjectURL(blob);
  link.setAttribute("href", address);
  link.setAttribute("download", name);
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 10000);
}

function saveSvg(text, name) {
  save(new Blob([text], { type: "image/svg+xml" }), name + ".svg");
}

async function savePng(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  const image = element("img");
  image.setAttribute("src", address);
  await image.decode();
  const canvas = element("canvas");
  canvas.width = image.width * SHARPER;
  canvas.height = image.height * SHARPER;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  canvas.toBlob((blob) => save(blob, name + ".png"), "image/png");
}

// make: () => {title, parts}; the buttons of a view are [data-save].
function offerPictures(panel, name, make) {
  for (const button of panel.querySelectorAll("[data-save]")) {
    button.addEventListener("click", () => {
      const { title, parts } = make();
      const text = pictureOf(title, parts);
      if (button.dataset.save === "svg") saveSvg(text, name);
      else savePng(text, name);
    });
  }
}
