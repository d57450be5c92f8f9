// The loop: what has changed is sent, a frame comes back, all is drawn; while it plays, at once again.
// waiting: steps that are still to be taken; ends: how many ends of an epoch are to be reached after them; plan: how often both were
// given up, so that an answer to what was asked before counts no steps that were asked for since. linked: whether the settings come
// from an address and the engine has not taken them yet; refused: why it did not take them, from wherever they come.

let data = null, last = null, chosenUnit = null, playing = false, busy = false, stale = true, waiting = 0, ends = 0, plan = 0, resetting = false, frames = 0, heard = 0;
let linked = true, refused = "", drawn = 0;

function message() {
  const view = { layer: Math.max(0, Math.min(state.layer, state.layers.length - 1)), ...(chosenUnit === null ? {} : { unit: chosenUnit }), ...(state.mission ? { mission: state.mission } : {}) };
  if (!session) return { type: "open", settings: settings(), ...view };
  const told = stale ? { settings: settings() } : {};
  if (resetting) return { type: "reset", ...told, ...view };
  return { type: "run", steps: waiting || (playing ? Number(state.speed) || 1 : 0), ...told, ...view };
}

// A frame with steps is coarse: when no more are to come, one without them makes the plane sharp.
const wanted = () => stale || resetting || playing || waiting > 0 || ends > 0 || (last && !last.fine);

// How far the end of the epoch is can be told only now: frames that were on their way have come in.
function aim() {
  if (!ends || waiting || stale || resetting || !last) return;
  waiting = last.steps_an_epoch - last.step % last.steps_an_epoch;
  ends -= 1;
}

function send() {
  aim();
  const sent = { start: performance.now(), layers: state.layers, upTo: heard, steps: waiting, plan, told: { stale, resetting, linked }, reply: ask(message()) };
  sent.reply.catch(() => {});  // told where it is waited for
  stale = resetting = false;
  return sent;
}

// One message at a time: what changes meanwhile goes with the next one. While it plays, the engine computes the next frame as one is drawn.
async function pump() {
  if (busy) return;
  document.body.dataset.busy = busy = true;  // for tests
  for (let ahead = null, sent; ahead || wanted();) {
    [sent, ahead] = [ahead ?? send(), null];
    const well = await attempt(async () => {
      const reply = await sent.reply.catch(error => { refused = inWords(error); throw error; });
      if (playing && state.speed !== "slow" && !reply.data && !reply.frame.over) ahead = send();
      receive(reply, sent);
    });
    if (!well) {  // what the engine did not take is told again with the next message
      for (const { told } of [sent, ahead ?? sent]) [stale, resetting] = [stale || told.stale, resetting || told.resetting];
      break;
    }
    document.body.dataset.drawn = drawn = sent.upTo;  // for tests and benchmarks: up to which change all is drawn
    const pause = (playing && state.speed === "slow" ? 200 : playing ? 15 : 0) - (performance.now() - sent.start);
    await new Promise(go => setTimeout(go, Math.max(0, pause)));
  }
  document.body.dataset.busy = busy = false;
}

const inWords = error => error instanceof TypeError ? "The engine does not answer: is `nnlabs playground` still running? Start it again; then Play begins a new run with these settings." : error.message;

// Does something that may fail; says so in words, which stay for some seconds at least, and whether it went well.
async function attempt(action, seconds = 0) {
  const late = setTimeout(say, 5000, "The engine has not answered for 5 seconds. If `nnlabs playground` was stopped in its terminal (Ctrl-Z), `fg` there lets it go on.");
  try {
    await action();
    say("");
    return true;
  } catch (error) {
    if (error.status === 410) return reopen("The engine had forgotten this session; it began again.");
    if (linked && (error.status === 400 || error.status === 422 && state.data !== "own")) {  // own points may be drawn yet
      readAddress("");
      resetting = true;
      return again(`${error.message}. The settings in the address could not be used; these are the defaults.`);
    }
    say(inWords(error), seconds);
    giveUp();
    play(false);
    if (state.data === "own") drawPlane(null, null);
    return false;
  } finally {
    clearTimeout(late);
  }
}

// Begins a session of its own, and says why.
function reopen(why) {
  session = null;
  return again(why);
}

// Tells the engine all settings, says why, and leaves that to be read for some seconds.
function again(why) {
  stale = true;
  giveUp();
  say(why, READING);
  setTimeout(pump);
  return false;
}

const READING = 8;  // seconds; answers that come in meanwhile must not wipe a sentence away
let readUntil = 0;
function say(text, seconds = 0) {
  if (!text && performance.now() < readUntil) return;
  readUntil = performance.now() + 1000 * seconds;
  $("message").textContent = text;
  $("message").hidden = !text;
  if (seconds) setTimeout(() => { if ($("message").textContent === text) say(""); }, 1000 * seconds + 50);
}

// A frame of other layers than the page has by now is not drawn; the next one is on its way.
function receive(reply, { layers, steps, plan: planned, told }) {
  if (told.linked && !stale) linked = false;
  refused = "";
  if (reply.data) {
    data = { ...reply.data, own: state.data === "own" };
    curve = [];
    chosenUnit = null;
    showControls();
    state.layer = Math.max(0, Math.min(state.layer, state.layers.length - 1));
  }
  const { frame } = reply;
  if (frame.mission?.done) accomplish(frame.mission.name);  // here, since not every frame's words are written
  if (steps && planned === plan) waiting = Math.max(0, waiting - (frame.step - (reply.data ? 0 : last?.step ?? 0)));
  if (frame.over) { play(false); if (planned === plan) giveUp(); }
  if (layers === state.layers) draw(frame);
}

// While it plays, the network and the plane move with each frame; what one reads changes ten times a second.
let read = 0;
function draw(frame) {
  last = frame;
  remember(frame);
  drawNetwork(frame);
  drawPlane(frame, looked);
  if (!playing || performance.now() - read > 90) {
    read = performance.now();
    drawCurves(frame);
    drawLayers(frame);
    drawActivation(frame);
    drawWords(frame);
  }
  Object.assign(document.body.dataset, { step: frame.step, frames: ++frames });
}

function drawWords(frame) {
  $("epochs").textContent = frame.epoch < 10 ? frame.epoch.toFixed(1) : Math.floor(frame.epoch).toLocaleString("en");
  $("steps").textContent = frame.step.toLocaleString("en");
  $("lr-now").textContent = Number(frame.lr.toPrecision(3));
  $("output-text").textContent = data.output;
  setHtml("plane-legend", data.classes.map((name, k) => `<span><i class="swatch" data-color="${data.hues[k]}"></i>${escape(name)}</span>`).join("") + `<span>filled: train, hollow: test</span><span>across: ${escape(data.features[0])}, up: ${escape(data.features[1])}</span>`);
  setHtml("troubles", frame.troubles.map(t => `<p class="trouble"><b>${escape(t.name)}.</b> ${escape(t.says)} <span class="small">Read: ${escape(t.lesson)}</span></p>`).join("")
    || `<p class="well">${frame.loss[0] === 0 ? "Done: the training loss is 0, and nothing is left to learn." : "No trouble: gradients arrive, no unit is dead."}</p>`);
  drawMission(frame.mission);
}

const escape = text => text.replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`);

// Written only where it has changed, so that a screen reader does not hear the same again.
function setHtml(id, html) {
  if ($(id).dataset.html === html) return;
  $(id).dataset.html = html;
  $(id).innerHTML = html;
  for (const swatch of $(id).querySelectorAll("[data-color]")) swatch.style.background = CATALOG.colors[swatch.dataset.color];
}

// ---- What a person does

function changed() {
  stale = true;
  document.body.dataset.heard = ++heard;
  showControls();
  if (last && state.data === "own") drawPlane(null, null);
  writeAddress();
  pump();
}

const giveUp = () => { [waiting, ends, plan] = [0, 0, plan + 1]; };

function play(on) {
  playing = on;
  $("play").textContent = on ? "❚❚ Pause" : "▶ Play";
  if (on) { giveUp(); pump(); }
}

function choose(layer, unit) {
  if (layer < state.layers.length) Object.assign(state, { layer });
  chosenUnit = layer < state.layers.length ? unit : null;
  writeAddress();
  giveUp();
  stale = true;
  pump();
}

function reset() {
  play(false);
  giveUp();
  resetting = true;
  pump();
}

// What is pressed again while an answer is on its way counts too.
function take(steps, epochs) {
  play(false);
  [waiting, ends] = [Math.min(waiting + steps, 10_000), ends + epochs];
  pump();
}

const actions = {
  reset,
  play: () => play(!playing),
  step: () => take(1, 0),
  epoch: () => take(0, 1),
};
for (const [id, action] of Object.entries(actions)) $(id).addEventListener("click", action);

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=range]), select")) return;
  if (event.key === " " && event.target.matches("button, summary")) return;
  const action = { " ": actions.play, s: actions.step, e: actions.epoch, r: actions.reset }[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  if (!event.repeat || !(waiting || ends)) action();  // a key that is held asks for no more than can be done
});

$("more").addEventListener("click", () => { state.layers = [...state.layers, nextLayer()]; changed(); });
$("fewer").addEventListener("click", () => {
  state.layers = state.layers.slice(0, -1);
  if (!state.layers.length) $("more").focus();  // a button that cannot be pressed any more loses the keyboard
  changed();
});

function begin(experiment, view) {
  Object.assign(state, structuredClone(experiment), view);
  chosenUnit = null;
  play(false);
  giveUp();
  resetting = true;
  changed();
  scrollTo({ top: 0 });
}

// ---- The start

const SPEEDS = [["slow", "5 steps a second"], ...[1, 3, 10, 30, 100].map(n => [String(n), `${n} step${n > 1 ? "s" : ""} a frame`]), ["10000", "as fast as it goes"]];
$("speed").append(...SPEEDS.map(([value, textContent]) => element("option", { value, textContent })));
$("speed").addEventListener("change", () => { state.speed = $("speed").value; writeAddress(); });
for (const [id, name] of [["show-test", "test"], ["decide", "decide"]]) {
  $(id).addEventListener("change", () => { state[name] = $(id).checked; writeAddress(); if (last) drawPlane(last, looked); });
  shown.push(() => { $(id).checked = state[name]; });
}
shown.push(() => { $("speed").value = SPEEDS.some(([value]) => value === state.speed) ? state.speed : "3"; });
$("version").textContent = CATALOG.version;

buildControls();
buildLists();
readAddress(location.hash);
showControls();
pump();

addEventListener("hashchange", () => { readUntil = 0; readAddress(location.hash); chosenUnit = null; linked = stale = true; showControls(); reset(); });
const redraw = () => { if (!last) return; readInk(); measure(); draw(last); };
new ResizeObserver(redraw).observe($("middle"));
const header = document.querySelector("header");  // stays in view, in more lines on a narrow screen, and must cover nothing that is gone to
new ResizeObserver(() => { document.documentElement.style.scrollPaddingTop = `${header.offsetHeight + 8}px`; }).observe(header);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
for (const link of document.querySelectorAll("[data-go]")) link.addEventListener("click", () => {
  const target = $(link.dataset.go);
  target.scrollIntoView();
  target.querySelector("button, select, input")?.focus({ preventScroll: true });
});
