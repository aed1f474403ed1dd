"use strict";
// Names on the canvas, in screen pixels at any zoom: the largest first, each where it covers no dot and no other name.

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
const LABEL_HEIGHT = 14;
const SHORT = 22;

const overlaps = (p, q) => p.x < q.x + q.w && q.x < p.x + p.w && p.y < q.y + q.h && q.y < p.y + p.h;

function covers(box, dot) {
  const dx = dot.x - Math.max(box.x, Math.min(dot.x, box.x + box.w));
  const dy = dot.y - Math.max(box.y, Math.min(dot.y, box.y + box.h));
  return dx * dx + dy * dy < dot.r * dot.r;
}

function candidates(dot, width) {
  const gap = 3;
  const h = LABEL_HEIGHT;
  const diagonal = dot.r * 0.75;
  const right = { x: dot.x + dot.r + gap, y: dot.y - h / 2 };
  if (dot.onlyRight) return [right];
  return [
    right,
    { x: dot.x - dot.r - gap - width, y: dot.y - h / 2 },
    { x: dot.x - width / 2, y: dot.y + dot.r + 1 },
    { x: dot.x - width / 2, y: dot.y - dot.r - 1 - h },
    { x: dot.x + diagonal, y: dot.y + diagonal },
    { x: dot.x + diagonal, y: dot.y - diagonal - h },
    { x: dot.x - diagonal - width, y: dot.y + diagonal },
    { x: dot.x - diagonal - width, y: dot.y - diagonal - h },
  ];
}

function shorten(text, fits) {
  if (fits(text)) return text;
  const letters = Array.from(text);
  while (letters.length > 1 && !fits(letters.join("") + "…")) letters.pop();
  return letters.join("") + "…";
}

// dots: {x, y, r, text, bold, wanted, room?, onlyRight?} in order of importance. Returns the names that found a place.
function placeLabels(context, dots, area) {
  const placed = [];
  for (const dot of dots) {
    if (!dot.wanted || dot.x < 0 || dot.y < 0 || dot.x > area.w || dot.y > area.h) continue;
    context.font = `${dot.bold ? 600 : 400} 12px ${FONT}`;
    const width = (text) => context.measureText(text).width + 2;
    const texts = dot.room ? [shorten(dot.text, (text) => width(text) <= dot.room)] : [dot.text];
    const letters = Array.from(dot.text);
    if (!dot.room && letters.length > SHORT) texts.push(letters.slice(0, SHORT - 1).join("") + "…");
    const place = () => {
      for (const text of texts) {
        const w = width(text);
        for (const spot of candidates(dot, w)) {
          const box = { x: spot.x, y: spot.y, w, h: LABEL_HEIGHT };
          if (box.x < 1 || box.y < 1 || box.x + w > area.w - 1 || box.y + box.h > area.h - 1) continue;
          if (placed.some((other) => overlaps(box, other.box))) continue;
          if (dots.some((other) => other !== dot && !other.soft && covers(box, other))) continue;
          return { dot, text, box };
        }
      }
      return null;
    };
    const found = place();
    if (found) placed.push(found);
  }
  return placed;
}

function drawLabels(context, placed, theme) {
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.direction = "ltr";
  context.lineJoin = "round";
  for (const { dot, text, box } of placed) {
    context.save();
    // Piled-up accents must not run over other names.
    context.beginPath();
    context.rect(box.x - 2, box.y - 2, box.w + 4, box.h + 4);
    context.clip();
    context.font = `${dot.bold ? 600 : 400} 12px ${FONT}`;
    context.lineWidth = 3.5;
    context.strokeStyle = theme.halo;
    context.strokeText(text, box.x + 1, box.y + box.h / 2);
    context.fillStyle = theme.text;
    context.fillText(text, box.x + 1, box.y + box.h / 2);
    context.restore();
  }
}
