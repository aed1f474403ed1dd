"use strict";
// Pictures of any kind: a list of shapes, drawn as SVG on the page, as an SVG file, or as pixels. Colours are names of
// the style sheet's variables, so that a picture follows the theme; files are always drawn on white.

const SVG = "http://www.w3.org/2000/svg";
const COLOURS = [
  "background", "text", "muted", "line", "soft", "accent", "edge", "edge-strong", "edge-faint", "ring",
  "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "s0", "s1", "s2", "s3", "s4", "s5", "s6",
  "d0", "d1", "d2", "d3", "d4", "d5", "d6",
];
const LETTERS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
const measuring = document.createElement("canvas").getContext("2d");

function textWidth(text, size, bold) {
  measuring.font = `${bold ? 600 : 400} ${size}px ${LETTERS}`;
  return measuring.measureText(text).width;
}

// The end of a text that fits into a width, with an ellipsis where something is left out.
function fitted(text, size, room) {
  if (textWidth(text, size) <= room) return text;
  const letters = Array.from(text);
  while (letters.length > 1 && textWidth(letters.join("") + "…", size) > room) letters.pop();
  return letters.join("") + "…";
}

// Shapes: {k: "rect", x, y, w, h}, {k: "dot", x, y, r}, {k: "line", points: [[x, y], …]}, and
// {k: "text", x, y, text, size, bold, anchor, turn}; each with fill, stroke (names of colours), width, fade, halo.
const shape = {
  rect: (x, y, w, h, fill, more) => ({ k: "rect", x, y, w, h, fill, ...more }),
  dot: (x, y, r, fill, more) => ({ k: "dot", x, y, r, fill, ...more }),
  line: (points, stroke, width, more) => ({ k: "line", points, stroke, width, ...more }),
  text: (x, y, text, size, more) => ({ k: "text", x, y, text, size, fill: "text", anchor: "start", ...more }),
};

const short = (value) => String(Math.round(value * 100) / 100);

function svgShape(one, colour) {
  const make = (name) => document.createElementNS(SVG, name);
  let made;
  if (one.k === "rect") {
    made = make("rect");
    made.setAttribute("x", short(one.x));
    made.setAttribute("y", short(one.y));
    made.setAttribute("width", short(one.w));
    made.setAttribute("height", short(one.h));
  } else if (one.k === "dot") {
    made = make("circle");
    made.setAttribute("cx", short(one.x));
    made.setAttribute("cy", short(one.y));
    made.setAttribute("r", short(one.r));
  } else if (one.k === "line") {
    made = make("polyline");
    made.setAttribute("points", one.points.map(([x, y]) => short(x) + "," + short(y)).join(" "));
  } else {
    made = make("text");
    made.setAttribute("x", short(one.x));
    made.setAttribute("y", short(one.y));
    made.setAttribute("font-size", short(one.size));
    made.setAttribute("text-anchor", one.anchor);
    made.setAttribute("dominant-baseline", "central");
    made.setAttribute("direction", "ltr");
    made.setAttribute("unicode-bidi", "isolate");
    if (one.bold) made.setAttribute("font-weight", "600");
    if (one.turn) made.setAttribute("transform", `rotate(${short(one.turn)} ${short(one.x)} ${short(one.y)})`);
    if (one.halo) made.setAttribute("paint-order", "stroke");
    made.textContent = one.text;
  }
  made.setAttribute("fill", one.fill ? colour(one.fill) : "none");
  const stroke = one.halo ? "background" : one.stroke;
  if (stroke) {
    made.setAttribute("stroke", colour(stroke));
    made.setAttribute("stroke-width", short(one.halo ? 3 : one.width || 1));
    made.setAttribute("stroke-linejoin", "round");
  }
  if (one.fade) made.setAttribute("opacity", short(one.fade));
  return made;
}

// A picture as an element: {w, h, shapes} with colours of the page (`var(…)`) or with those given.
function svgOf(picture, label, colour) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("width", short(picture.w));
  svg.setAttribute("height", short(picture.h));
  svg.setAttribute("viewBox", `0 0 ${short(picture.w)} ${short(picture.h)}`);
  svg.setAttribute("font-family", LETTERS);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  for (const one of picture.shapes) svg.append(svgShape(one, colour || ((name) => `var(--${name})`)));
  return svg;
}

function drawShape(context, one, colour) {
  context.globalAlpha = one.fade || 1;
  context.lineWidth = one.width || 1;
  context.lineJoin = "round";
  context.beginPath();
  if (one.k === "text") {
    context.save();
    context.translate(one.x, one.y);
    if (one.turn) context.rotate((one.turn * Math.PI) / 180);
    context.font = `${one.bold ? 600 : 400} ${one.size}px ${LETTERS}`;
    context.textAlign = one.anchor === "middle" ? "center" : one.anchor === "end" ? "right" : "left";
    context.textBaseline = "middle";
    context.direction = "ltr";
    if (one.halo) {
      context.lineWidth = 3;
      context.strokeStyle = colour("background");
      context.strokeText(one.text, 0, 0);
    }
    context.fillStyle = colour(one.fill);
    context.fillText(one.text, 0, 0);
    context.restore();
    return;
  }
  if (one.k === "rect") context.rect(one.x, one.y, one.w, one.h);
  else if (one.k === "dot") context.arc(one.x, one.y, one.r, 0, 2 * Math.PI);
  else one.points.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
  if (one.fill) {
    context.fillStyle = colour(one.fill);
    context.fill();
  }
  if (one.stroke) {
    context.strokeStyle = colour(one.stroke);
    context.stroke();
  }
}

// ---- files ----

// Colours of the light theme, whatever the screen's is.
function paperColours() {
  const root = document.documentElement;
  const before = root.classList.contains("printing");
  root.classList.add("printing");
  const style = getComputedStyle(root);
  const found = new Map(COLOURS.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
  if (!before) root.classList.remove("printing");
  return (name) => found.get(name);
}

function wrapped(text, size, room) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? line + " " + word : word;
    if (line && textWidth(longer, size) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  if (line) lines.push(line);
  return lines.map((one) => fitted(one, size, room));
}

// With what a picture must not lose when it leaves the page: title, what and how many it shows, legend, simulated data.
function framed(picture) {
  const pad = 16;
  const w = Math.max(picture.w, 420) + 2 * pad;
  const room = w - 2 * pad;
  const above = [];
  let y = pad + 10;
  const put = (text, size, more) => {
    const lines = wrapped(text, size, room);
    if (lines.length > 3) lines.splice(2, lines.length, lines[2] + " …");
    for (const line of lines) {
      above.push(shape.text(pad, y, line, size, more));
      y += size * 1.45;
    }
  };
  if (data.about.simulated) put("SIMULATED DATA: these hosts do not exist.", 13, { bold: true });
  put(data.about.title, 17, { bold: true });
  // A long fact takes its own lines, so that it cannot push out another.
  const long = (fact) => fact.length > 80;
  put(data.about.facts.filter((fact) => !long(fact)).join(" · "), 11, { fill: "muted" });
  for (const fact of data.about.facts.filter(long)) put(fact, 11, { fill: "muted" });
  if (picture.says) put(picture.says, 11, { fill: "muted" });
  y += 6;
  const moved = picture.shapes.map((one) => (one.k === "line"
    ? { ...one, points: one.points.map(([px, py]) => [px + pad, py + y]) }
    : { ...one, x: one.x + pad, y: one.y + y }));
  let x = pad;
  let bottom = y + picture.h + 14;
  const legend = [];
  for (const { fill, text } of picture.legend || []) {
    const words = fitted(text, 11, 260);
    const width = textWidth(words, 11) + 34;
    if (x > pad && x + width > w - pad) {
      x = pad;
      bottom += 18;
    }
    legend.push(shape.rect(x, bottom - 5, 10, 10, fill, { stroke: "ring" }), shape.text(x + 15, bottom, words, 11));
    x += width;
  }
  const h = bottom + (legend.length ? 16 : 0) + pad / 2;
  return { w, h, shapes: [shape.rect(0, 0, w, h, "background"), ...above, ...moved, ...legend] };
}

function svgFile(picture) {
  const whole = framed(picture);
  const svg = svgOf(whole, data.about.title, paperColours());
  return '<?xml version="1.0" encoding="UTF-8"?>\n' + new XMLSerializer().serializeToString(svg) + "\n";
}

function pngFile(picture) {
  const whole = framed(picture);
  // Twice the size for print, less where a browser would refuse so large a canvas.
  const scale = Math.min(2, 8000 / Math.max(whole.w, whole.h));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(whole.w * scale);
  canvas.height = Math.ceil(whole.h * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const colour = paperColours();
  for (const one of whole.shapes) drawShape(context, one, colour);
  return new Promise((done) => { canvas.toBlob(done, "image/png"); });
}

function save(blob, name) {
  const link = element("a");
  const address = URL.createObjectURL(blob);
  link.setAttribute("href", address);
  link.setAttribute("download", name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

// Of each view with buttons: a function that returns its picture {w, h, shapes, says, legend}.
const pictures = new Map();

for (const button of document.querySelectorAll("[data-save]")) {
  button.addEventListener("click", async () => {
    const picture = pictures.get(button.dataset.of)();
    const name = `cohabit-${button.dataset.of}.${button.dataset.save}`;
    if (button.dataset.save === "svg") save(new Blob([svgFile(picture)], { type: "image/svg+xml" }), name);
    else save(await pngFile(picture), name);
  });
}
