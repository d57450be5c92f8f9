// The settings at the left: each a native control with its value, its bounds from the engine, and a sentence.

const LOG = (low, high) => ({ steps: Math.round(20 * Math.log10(high / low)), value: i => Number((low * 10 ** (i / 20)).toPrecision(2)) });
const LIST = values => ({ steps: values.length - 1, value: i => values[i] });
const LINEAR = (low, high, step) => ({ steps: Math.round((high - low) / step), value: i => Number((low + i * step).toFixed(4)) });
const PENALTIES = LIST([0, 0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]);

const GROUPS = [
  ["Data", [
    ["data", "data set", null, name => CATALOG.sources[name].title, "Which points are to be told apart."],
    ["n", "number of points", LINEAR(20, 1000, 20), String, "How many points, for training and test together."],
    ["noise", "noise", LINEAR(0, 1, 0.01), v => v.toFixed(2), "Standard deviation of the random shift of each point, in units of the plane."],
    ["test_share", "test share", LINEAR(0.1, 0.8, 0.05), v => `${Math.round(100 * v)} %`, "Share of the points that the network never learns from; they show whether it has understood or memorized."],
  ]],
  ["Training", [
    ["loss", "loss", null, v => v.replace("_", " "), ""],
    ["optimizer", "optimizer", null, v => CATALOG.optimizers[v].split(":")[0], ""],
    ["lr", "learning rate", LOG(1e-5, 10), String, "How far each step goes, η in w ← w − η · gradient. May be changed while the network learns."],
    ["schedule", "schedule", null, v => v, ""],
    ["batch_size", "batch size", LIST([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000]), String, "How many points a step looks at: few make noisy steps, all make the true slope."],
    ["epochs", "stop after", LIST([0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]), v => v ? `${v} epochs` : "never", "The training ends by itself after so many epochs; schedules reach their end there too."],
  ]],
  ["Regularization", [
    ["l1", "L1", PENALTIES, String, "λ of the penalty λ Σ|w| over weights, biases and PReLU's a: pulls each to 0 by the same force, so that many stay close to 0."],
    ["l2", "L2", PENALTIES, String, "λ of the penalty λ/2 Σw² over weights, biases and PReLU's a, for AdamW of its weight decay instead: pulls large ones more than small ones, so that boundaries stay smooth."],
    ["dropout", "dropout", LINEAR(0, 0.9, 0.05), v => v.toFixed(2), "Probability p that a hidden unit is left out for a point of a step; the others are multiplied by 1 / (1 − p)."],
  ]],
  ["Start", [
    ["init", "initialization", null, v => v, ""],
    ["seed", "seed", LINEAR(0, 100, 1), String, "Of data, split, weights, batches and dropout: the same seed gives the same run, bit for bit."],
  ]],
];

// What a list says about the choice that is made; formulas come from the engine.
const SAYS = {
  data: () => CATALOG.sources[state.data]?.says ?? "",
  loss: () => `How wrong the network is, as one number. For an output p and a target t: ${data?.formula ?? ""}`,
  optimizer: () => CATALOG.optimizers[state.optimizer],
  schedule: () => `The learning rate is multiplied by: ${CATALOG.schedules[state.schedule]} Here t is the share of the training that is over${state.epochs ? "" : ", of 200 epochs, since it never stops by itself"}.`,
  init: () => `How the first weights are drawn. ${state.init}: ${CATALOG.inits[state.init]}`,
};

const shown = [];  // functions that bring each control up to the state

function choiceField([name, label, , text]) {
  const select = element("select", { id: `set-${name}` }, ...CATALOG.choices[name].map(v => element("option", { value: v, textContent: text(v) })));
  const field = element("label", { className: "field" }, element("span", {}, label), select);
  select.addEventListener("change", () => {
    state[name] = select.value;
    if (name === "data") state.noise = CATALOG.sources[state.data].noise;
    changed();
  });
  shown.push(() => { select.value = state[name]; field.dataset.tip = SAYS[name](); });
  return field;
}

function sliderField([name, label, scale, text, says]) {
  const slider = element("input", { type: "range", min: 0, max: scale.steps, id: `set-${name}` });
  const value = element("output"), field = element("label", { className: "field" }, element("span", {}, label, value), slider);
  field.dataset.tip = says;
  slider.addEventListener("input", () => { state[name] = scale.value(Number(slider.value)); changed(); });
  shown.push(() => {
    slider.value = nearestIndex(scale, state[name]);
    value.textContent = text(state[name]);
    slider.setAttribute("aria-valuetext", text(state[name]));
    slider.disabled = name === "n" && ["iris", "own"].includes(state.data);
  });
  return field;
}

function nearestIndex({ steps, value }, wanted) {
  let best = 0;
  for (let i = 1; i <= steps; i++) if (Math.abs(value(i) - wanted) < Math.abs(value(best) - wanted)) best = i;
  return best;
}

function buildControls() {
  for (const [title, fields] of GROUPS) {
    const inside = fields.map(field => field[2] ? sliderField(field) : choiceField(field));
    if (title === "Data") inside.splice(1, 0, drawingField());
    $("controls").append(element("fieldset", {}, element("legend", { textContent: title }), ...inside));
  }
}

const showControls = () => shown.forEach(show => show());

// ---- Own points: drawn with the pointer or the keyboard, or read from a file

let brush = 0, cursor = [0, 0];
const ERASER = -1;

function drawingField() {
  const classes = ["A", "B", "C", "D", "E", "F"].map((name, k) => brushChoice(k, name)), eraser = brushChoice(ERASER, "eraser");
  const clear = element("button", { textContent: "Clear", id: "clear-points" });
  clear.addEventListener("click", () => { state.points = []; changed(); });
  const file = element("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv", id: "csv" });
  file.addEventListener("change", () => readFile(file));
  const csv = element("label", { className: "field" }, element("span", {}, "CSV file: two columns of numbers, the class last"), file);
  const box = element("div", { id: "drawing" }, element("p", { className: "small", textContent: "Draw into the plane: with the pointer, or with arrow keys and Enter." }),
    element("div", { className: "classes", role: "radiogroup", "aria-label": "class to draw" }, ...classes, eraser, clear), csv);
  shown.push(() => { box.hidden = state.data !== "own"; $("plane").classList.toggle("drawing", state.data === "own"); });
  return box;
}

function brushChoice(k, name) {
  const radio = element("input", { type: "radio", name: "brush", value: k, checked: k === brush });
  radio.addEventListener("change", () => { brush = k; });
  const swatch = element("i", { className: "swatch" });
  swatch.style.background = CATALOG.colors[k] ?? "none";
  return element("label", {}, radio, swatch, name);
}

async function readFile(file) {
  const [chosen] = file.files;
  if (!chosen) return;
  await attempt(async () => {
    const { points, features, classes, found } = await ask({ type: "csv", text: await textOf(chosen) });
    state.points = points;
    const part = points.length < found ? `${points.length.toLocaleString("en")} of ${found.toLocaleString("en")} points, drawn at random; ` : "";
    say(`${part}${classes.map((name, k) => `${"ABCDEF"[k]}: ${name}`).join(", ")}; across: ${features[0]}, up: ${features[1]}`, READING);
    changed();
  }, READING);
  file.value = "";
}

// A file's text, where it is no larger than a message to the engine may be: 400,000 bytes as JSON.
async function textOf(file) {
  const text = file.size > 400_000 ? null : await file.text();
  if (text === null || new Blob([JSON.stringify(text)]).size > 399_000) {
    throw new Error(`The file has ${file.size.toLocaleString("en")} bytes, which is too much: about 350,000 can be read. Keep fewer lines of it.`);
  }
  return text;
}

function drawAt(x, y) {
  const size = $("plane").clientWidth, here = toCanvas(x, y, size);
  const far = ([px, py]) => Math.hypot(...toCanvas(px, py, size).map((v, i) => v - here[i]));
  if (brush === ERASER) state.points = state.points.filter(p => far(p) > 12);
  else if (state.points.length < 1000 && !state.points.some(p => far(p) < 5)) state.points = [...state.points, [Number(x.toFixed(2)), Number(y.toFixed(2)), brush]];
  else return;
  changed();
}

for (const kind of ["pointerdown", "pointermove"]) $("plane").addEventListener(kind, event => {
  if (state.data !== "own" || !(event.buttons & 1)) return;
  $("plane").setPointerCapture(event.pointerId);
  const box = $("plane").getBoundingClientRect();
  const inside = v => Math.max(0, Math.min(box.width, v));  // a pointer that is held down may leave the plane
  cursor = fromCanvas(inside(event.clientX - box.left), inside(event.clientY - box.top), box.width);
  drawAt(...cursor);
});

$("plane").addEventListener("keydown", event => {
  const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (state.data !== "own" || !(move || event.key === "Enter")) return;
  event.preventDefault();
  if (move) cursor = cursor.map((v, i) => v + 0.08 * move[i]);
  const size = $("plane").clientWidth, inside = v => Math.max(0, Math.min(size, v));
  cursor = fromCanvas(...toCanvas(...cursor, size).map(inside), size);  // nor may the keyboard leave the plane, which may have shrunk
  if (!move) drawAt(...cursor);
  drawPlane(last, looked);
});

function drawCursor(context, size) {
  const [x, y] = toCanvas(...cursor, size);
  Object.assign(context, { strokeStyle: ink.ink, lineWidth: 1.5 });
  context.strokeRect(x - 6, y - 6, 12, 12);
}
