// The state of the page, all of it, and its way into the address and back: only what differs from the defaults is written.

const VIEW = { speed: "3", layer: 0, mission: "", test: true, decide: false };
const state = { ...structuredClone(CATALOG.defaults), ...VIEW };

const layersToText = layers => layers.map(l => `${l.units}.${l.activation}`).join("_") || "none";
// Only a _ with a number and a dot behind it parts two layers: names such as leaky_relu have one of their own.
const textToLayers = text => text === "none" ? [] : text.split(/_(?=[^_.]*\.)/).map(part => {
  const [units, activation] = part.split(".");
  return { units: Number(units), activation };
});
const pointsToText = points => points.map(p => p.join(",")).join(";");
const textToPoints = text => text ? text.split(";").map(part => part.split(",").map(Number)) : [];

function toText(name, value) {
  if (name === "layers") return layersToText(value);
  if (name === "points") return pointsToText(value);
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}

function fromText(name, text) {
  if (name === "layers") return textToLayers(text);
  if (name === "points") return textToPoints(text);
  const kind = typeof defaultOf(name);
  return kind === "number" ? Number(text) : kind === "boolean" ? text === "1" : text;
}

const defaultOf = name => name in VIEW ? VIEW[name] : CATALOG.defaults[name];

// The address without what is as it always is.
function toAddress() {
  const parts = Object.keys(state)
    .filter(name => toText(name, state[name]) !== toText(name, defaultOf(name)))
    .map(name => `${name}=${encodeURIComponent(toText(name, state[name])).replaceAll("%2C", ",").replaceAll("%3B", ";")}`);
  return `#${parts.join("&")}`;
}

// Takes the state out of an address; what is unknown there is left out, what is wrong the engine will name.
function readAddress(hash) {
  Object.assign(state, structuredClone(CATALOG.defaults), VIEW);
  for (const part of hash.replace(/^#/, "").split("&").filter(Boolean)) {
    const [name, text = ""] = part.split(/=(.*)/s);
    try {
      if (name in state) state[name] = fromText(name, decodeURIComponent(text));
    } catch { /* a broken escape, such as a lone %: the default stays */ }
  }
  mendView();
}

// The page's own view is put right here, since no setting is worth losing for it.
function mendView() {
  if (!CATALOG.missions.some(({ name }) => name === state.mission)) state.mission = VIEW.mission;
  if (!SPEEDS.some(([value]) => value === state.speed)) state.speed = VIEW.speed;
  if (!Number.isInteger(state.layer) || state.layer < 0) state.layer = VIEW.layer;
}

let addressTimer = 0;
function writeAddress() {
  clearTimeout(addressTimer);  // browsers refuse an address that changes a hundred times in a few seconds
  addressTimer = setTimeout(() => {
    const address = toAddress();
    history.replaceState(null, "", address === "#" ? location.pathname : address);
    document.body.dataset.written = document.body.dataset.heard ?? "";
  }, 150);
}

// What the engine is told: the experiment without the page's own view of it.
const settings = () => Object.fromEntries(Object.keys(CATALOG.defaults).map(name => [name, state[name]]));

// Missions that are done stay so, where the browser keeps things for pages.
const DONE = "nnlabs-playground-missions";
const done = new Set(recall());
function recall() {
  try { return JSON.parse(localStorage.getItem(DONE)) ?? []; } catch { return []; }
}
function accomplish(name) {
  if (done.has(name)) return;
  for (const one of [...recall(), name]) done.add(one);  // another tab may have written since
  try { localStorage.setItem(DONE, JSON.stringify([...done])); } catch { /* then only until the page is closed */ }
}
