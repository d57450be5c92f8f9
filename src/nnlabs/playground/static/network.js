// The diagram: a column for each layer, a button with a picture for each unit, and the weights as lines behind them.

const columns = $("columns");
const lines = document.createElement("canvas");
let built = "", places = [], looked = null;  // places: the middle of each unit, column by column

const element = (tag, attributes = {}, ...inside) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made && !name.startsWith("aria")) made[name] = value; else made.setAttribute(name, value);
  }
  made.append(...inside);
  return made;
};

const unitsInAll = () => state.layers.reduce((sum, { units }) => sum + units, 0);
const nextLayer = () => state.layers.at(-1) ?? { units: 8, activation: "tanh" };
const unitSize = units => Math.max(16, Math.min(42, Math.floor(384 / Math.min(units, 16)) - 5));

function unitButton(layer, unit, size) {
  const where = layer < 0 ? `input ${data.features[unit]}` : `unit ${unit + 1} of ${layerName(layer)}`;
  const tells = layer < 0
    ? `${data.features[unit]}, an input: the network sees it as (x − mean) / standard deviation of the training points.`
    : `${where[0].toUpperCase()}${where.slice(1)}: what it answers at each point of the plane. Blue is above 0, orange below. Click to see its inputs.`;
  const button = element("button", { className: "unit", "aria-label": where });
  button.dataset.tip = tells;
  button.style.width = button.style.height = `${size}px`;
  if (layer < 0) return button;
  const look = on => () => { looked = on ? { layer, unit } : null; if (last) { drawPlane(last, looked); drawDiagram(last); } };
  button.addEventListener("pointerenter", look(true));
  button.addEventListener("pointerleave", look(false));
  button.addEventListener("focus", look(true));
  button.addEventListener("blur", look(false));
  button.addEventListener("click", () => choose(layer, unit));
  return button;
}

function layerHead(layer) {
  const { units, activation } = state.layers[layer];
  const set = change => { state.layers = state.layers.map((l, k) => k === layer ? { ...l, ...change } : l); changed(); };
  const step = (by, tells) => {
    const button = element("button", { textContent: by > 0 ? "+" : "−", disabled: units + by < 1 || units + by > 64 || unitsInAll() + by > 256, "aria-label": tells, id: `units-${layer}-${by}` });
    button.addEventListener("click", () => set({ units: state.layers[layer].units + by }));
    return button;
  };
  const select = element("select", { "aria-label": `activation of layer ${layer + 1}`, id: `activation-${layer}` },
    ...Object.entries(CATALOG.activations).map(([name, a]) => element("option", { value: name, textContent: a.title, selected: name === activation })));
  select.dataset.tip = `${CATALOG.activations[activation].title}: f(x) = ${CATALOG.activations[activation].formula}. ${CATALOG.activations[activation].good}; but ${CATALOG.activations[activation].bad}.`;
  select.addEventListener("change", () => set({ activation: select.value }));
  const count = element("span", {}, step(-1, `one unit less in layer ${layer + 1}`), ` ${units} `, step(1, `one unit more in layer ${layer + 1}`));
  return element("div", { className: "head" }, count, select);
}

function column(layer, units, head) {
  const size = unitSize(units), rows = Math.min(units, 16);
  const grid = element("div", { className: "units" });
  grid.style.gridTemplateRows = `repeat(${rows}, ${size}px)`;
  for (let unit = 0; unit < units; unit++) grid.append(unitButton(layer, unit, size));
  return element("div", { className: "column" }, head, grid);
}

const plainHead = text => element("div", { className: "head" }, element("span", { className: "name", textContent: text }));

// Built anew only where layers, units, inputs or outputs have changed.
function buildNetwork() {
  const key = JSON.stringify([state.layers, data.features, data.outputs]);
  if (key === built) return;
  const focused = columns.contains(document.activeElement) ? document.activeElement.id : "";
  built = key;
  looked = null;
  const out = data.outputs === 1 ? "output" : `${data.outputs} outputs`;
  columns.replaceChildren(lines, column(-1, 2, plainHead("inputs")),
    ...state.layers.map((layer, k) => column(k, layer.units, layerHead(k))), column(state.layers.length, data.outputs, plainHead(out)));
  if (focused) $(focused)?.focus();
  $("fewer").disabled = !state.layers.length;
  $("more").disabled = state.layers.length >= 12 || unitsInAll() + nextLayer().units > 256;
  measure();
}

function measure() {
  sizes.clear();
  const origin = columns.getBoundingClientRect();
  places = [...columns.querySelectorAll(".column")].map(c => [...c.querySelectorAll(".unit")].map(b => {
    const box = b.getBoundingClientRect();
    return { left: box.left - origin.left, right: box.right - origin.left, y: box.top - origin.top + box.height / 2, button: b };
  }));
}

const INPUTS = [0, 1].map(k => Uint8Array.from({ length: 256 }, (_, i) => 1 + 254 * (k ? 15 - Math.floor(i / 16) : i % 16) / 15));

// The pictures of one column's units, at the places of their buttons.
function drawPictures(context, bytes, column) {
  const side = Math.sqrt(bytes.length / column.length);
  sketch(side, column.length, paintUnit(bytes));
  column.forEach(({ left, right, y }, k) => stretch(context, side, k, left + 1, y - (right - left) / 2 + 1, right - left - 2));
}

function drawNetwork(frame) {
  buildNetwork();
  drawDiagram(frame);
  frame.layers.forEach(({ dead }, layer) => places[layer + 1].forEach(({ button }, unit) => {
    button.classList.toggle("dead", dead.includes(unit));
    button.classList.toggle("chosen", layer === state.layer && unit === chosenUnit);
  }));
}

function drawDiagram(frame) {
  const { context } = prepare(lines);
  drawLines(context, frame);
  INPUTS.forEach((bytes, k) => drawPictures(context, bytes, [places[0][k]]));
  frame.units.forEach((text, layer) => drawPictures(context, bytesOf(text), places[layer + 1]));
}

// Weights as lines: blue above 0, orange below; the thicker, the larger beside the largest of their layer.
function drawLines(context, frame) {
  frame.weights.forEach((text, k) => {
    const weights = floatsOf(text), from = places[k], to = places[k + 1];
    const largest = weights.reduce((most, w) => Math.max(most, Math.abs(w) || 0), 1e-9), paths = new Map();
    weights.forEach((w, i) => {
      const [a, b] = [from[Math.floor(i / to.length)], to[i % to.length]];
      const faint = looked && !touches(looked, k, Math.floor(i / to.length), i % to.length);
      const bin = `${w > 0 ? "plus" : "minus"} ${Math.ceil(6 * Math.abs(w) / largest) || 0} ${faint ? 0.08 : 0.8}`;
      if (!paths.has(bin)) paths.set(bin, new Path2D());
      const path = paths.get(bin), bend = (b.left - a.right) / 2;
      path.moveTo(a.right, a.y);
      path.bezierCurveTo(a.right + bend, a.y, b.left - bend, b.y, b.left, b.y);
    });
    const thin = Math.min(1, Math.sqrt(400 / weights.length));  // where there are thousands, they would hide each other
    for (const [bin, path] of paths) {
      const [sign, thick, alpha] = bin.split(" ");
      Object.assign(context, { strokeStyle: ink[sign], lineWidth: thin * (0.4 + 0.62 * thick), globalAlpha: alpha * (0.35 + 0.65 * thick / 6) });
      context.stroke(path);
    }
  });
  context.globalAlpha = 1;
}

// Whether the line from unit i to unit j, between columns k and k + 1, begins or ends at the unit that is pointed at.
const touches = ({ layer, unit }, k, i, j) => (layer === k && unit === j) || (layer === k - 1 && unit === i);

// The line nearest to the pointer, told in numbers.
columns.addEventListener("pointermove", event => {
  if (!last || event.target.closest("[data-tip]")) return;
  const origin = columns.getBoundingClientRect(), x = event.clientX - origin.left, y = event.clientY - origin.top;
  let best = { far: 7, says: "" };
  for (let k = 0; k + 1 < places.length; k++) best = nearestLine(k, x, y, best);
  showTip(best.says, event.clientX, event.clientY);
});
columns.addEventListener("pointerleave", () => showTip("", 0, 0));

function nearestLine(k, x, y, best) {
  const from = places[k], to = places[k + 1], weights = floatsOf(last.weights[k]);
  for (let i = 0; i < from.length; i++) for (let j = 0; j < to.length; j++) {
    const t = (x - from[i].right) / (to[j].left - from[i].right);
    if (t < 0 || t > 1) continue;
    const far = Math.abs(from[i].y + (3 * t * t - 2 * t * t * t) * (to[j].y - from[i].y) - y);
    if (far < best.far) best = { far, says: lineTip(k, i, j, weights[i * to.length + j]) };
  }
  return best;
}

function lineTip(k, i, j, weight) {
  const source = k ? `unit ${i + 1} of layer ${k}` : data.features[i], bias = floatsOf(last.biases[k])[j];
  return `Weight ${weight.toPrecision(3)}: what ${source} answers is multiplied by it on its way to unit ${j + 1} of ${layerName(k)}, whose bias is ${bias.toPrecision(3)}.`;
}
