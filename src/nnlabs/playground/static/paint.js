// Colors, and the pictures that are made of bytes: the plane and what each unit answers to it.

const $ = id => document.getElementById(id);
const rgb = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16));
const CLASS_RGB = CATALOG.colors.map(rgb);

// The colors of the page's style, which follow the system's light or dark.
let ink = {};
function readInk() {
  const style = getComputedStyle(document.documentElement);
  ink = {};
  for (const name of ["paper", "ground", "ink", "soft", "faint", "plus", "minus", "train", "test", "slope", "bar", "bad"])
    ink[name] = style.getPropertyValue(`--${name}`).trim();
}
readInk();

// A canvas as sharp as the screen, cleared; returns its context in CSS pixels with its width and height.
const sizes = new Map();  // asked of the layout once, and forgotten when the window changes
function prepare(canvas) {
  if (!sizes.has(canvas)) sizes.set(canvas, [canvas.clientWidth, canvas.clientHeight]);
  const [width, height] = sizes.get(canvas), sharp = devicePixelRatio || 1;
  const [w, h] = [Math.round(width * sharp), Math.round(height * sharp)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const context = canvas.getContext("2d");
  context.setTransform(sharp, 0, 0, sharp, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

const mix = (from, to, share, into, at) => {
  for (let c = 0; c < 3; c++) into[at + c] = from[c] + share * (to[c] - from[c]);
  into[at + 3] = 255;
};

// Where squares are drawn, one picture below the other, before each is stretched to its size.
const small = document.createElement("canvas");

function sketch(side, count, paint) {
  Object.assign(small, { width: side, height: side * count });
  const context = small.getContext("2d"), image = context.createImageData(side, side * count);
  paint(image.data);
  context.putImageData(image, 0, 0);
}

// The k-th picture of the sketch, without its outermost half squares, into which its neighbors would bleed.
function stretch(context, side, k, x, y, size) {
  const edge = side > 32 ? 0 : 0.5;
  context.drawImage(small, edge, side * k + edge, side - 2 * edge, side - 2 * edge, x, y, size, size);
}

// Each square in the color of its class, paler where the network is less sure.
function paintDecision(frame, decide) {
  const paper = rgb(ink.paper), winner = bytesOf(frame.winner), sure = bytesOf(frame.confidence);
  const colors = data.hues.map(hue => CLASS_RGB[hue]);
  return image => winner.forEach((k, i) => mix(paper, colors[k], decide ? 0.55 : 0.08 + 0.55 * sure[i] / 255, image, 4 * i));
}

// What one unit answers: blue above 0, orange below, stronger where it is more.
function paintUnit(bytes) {
  const paper = rgb(ink.paper), plus = rgb(ink.plus), minus = rgb(ink.minus);
  return data => bytes.forEach((v, i) => mix(paper, v > 128 ? plus : minus, 0.95 * Math.abs(v - 128) / 127, data, 4 * i));
}

const unitsOf = layer => layer < state.layers.length ? state.layers[layer].units : data?.outputs ?? 1;

// One unit's bytes out of its layer's, and their side.
function unitBytes(frame, layer, unit) {
  const all = bytesOf(frame.units[layer]), each = all.length / unitsOf(layer);
  return { bytes: all.subarray(unit * each, (unit + 1) * each), side: Math.sqrt(each) };
}

// From the plane to the canvas and back.
const bounds = () => state.data === "own" && !data?.own ? [-1.2, 1.2, -1.2, 1.2] : data.extent;
function toCanvas(x, y, size) {
  const [left, right, bottom, top] = bounds();
  return [size * (x - left) / (right - left), size * (top - y) / (top - bottom)];
}
function fromCanvas(px, py, size) {
  const [left, right, bottom, top] = bounds();
  return [left + px / size * (right - left), top - py / size * (top - bottom)];
}

function dot(context, [x, y], color, radius, hollow) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fillStyle = hollow ? ink.paper : color;
  context.strokeStyle = hollow ? color : "#ffffff";
  context.lineWidth = hollow ? 1.8 : 1;
  context.fill();
  context.stroke();
}

// The points are drawn onto a canvas of their own, and anew only when they have changed.
const dots = document.createElement("canvas");
let dotsOf = [];

function drawPoints(context, size) {
  const drawn = state.data === "own" && (stale || !data?.own);  // points that the engine has not seen yet
  const key = [data, drawn && state.points, state.data, state.test, size, ink, devicePixelRatio];
  if (key.some((part, k) => part !== dotsOf[k])) {
    dotsOf = key;
    sizes.set(dots, [size, size]);
    paintPoints(prepare(dots).context, size, drawn);
  }
  context.drawImage(dots, 0, 0, size, size);
}

function paintPoints(context, size, drawn) {
  const color = k => CATALOG.colors[drawn ? k : data.hues[k]];
  if (state.test && !drawn) for (const [x, y, k] of data.test) dot(context, toCanvas(x, y, size), color(k), 2.8, true);
  for (const [x, y, k] of drawn ? state.points : data.train) dot(context, toCanvas(x, y, size), color(k), 3.2, false);
}

// The large plane: the network's decision, or what the unit answers that is pointed at.
function drawPlane(frame, looked) {
  const { context, width: size } = prepare($("plane"));
  if (!size) return;  // a window on its way to be closed
  if (frame && looked) {
    const { bytes, side } = unitBytes(frame, looked.layer, looked.unit);
    sketch(side, 1, paintUnit(bytes));
    stretch(context, side, 0, 0, 0, size);
  } else if (frame) {
    const side = Math.sqrt(atob(frame.winner).length);
    sketch(side, 1, paintDecision(frame, state.decide));
    stretch(context, side, 0, 0, 0, size);
  }
  drawPoints(context, size);
  if (state.data === "own" && document.activeElement === $("plane")) drawCursor(context, size);
  $("output-of").textContent = looked ? `unit ${looked.unit + 1} of ${layerName(looked.layer)}` : "";
}

const layerName = layer => layer < state.layers.length ? `layer ${layer + 1}` : "the output";
