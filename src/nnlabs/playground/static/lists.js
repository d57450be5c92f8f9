// Missions, examples, and what is what.

function buildLists() {
  $("mission-now").querySelector("button").addEventListener("click", () => { state.mission = ""; changed(); });
  $("missions").append(...CATALOG.missions.map(mission => {
    const button = element("button", { textContent: mission.title });
    button.addEventListener("click", () => {
      begin(mission.settings, { mission: mission.name });
      $("play").focus({ preventScroll: true });  // so that space plays, and does not begin anew
    });
    const hint = element("details", {}, element("summary", { textContent: "Hint" }), `${mission.hint} To change: ${mission.free.join(", ")}. Read: ${mission.lesson}.`);
    return element("li", { id: `mission-${mission.name}` }, button, element("p", { textContent: mission.task }), element("p", { className: "progress" }), hint);
  }));
  $("examples").append(...CATALOG.examples.map(({ title, good, says, settings: experiment }) => {
    const button = element("button", {}, element("span", { className: good ? "tag good" : "tag bad", textContent: good ? "good: " : "bad: " }), title);
    button.addEventListener("click", () => begin(experiment, { mission: "" }));
    return element("li", {}, button, element("p", { textContent: says }));
  }));
  $("help").querySelector("dl").append(...HELP.flatMap(([term, says]) => [element("dt", { textContent: term }), element("dd", { textContent: says })]));
  $("network-legend").innerHTML = `<span><i class="line plus"></i> weight above 0</span><span><i class="line minus"></i> below 0; thicker: larger</span><span>✕ dead unit</span><span>click: its inputs</span>`;
}

const HELP = [
  ["Unit", "z = Σᵢ wᵢ xᵢ + b, then f(z): a weighted sum of what comes in, a bias, an activation. Its picture is f(z) at each point of the plane."],
  ["Layer", "Units side by side, which all see the same inputs. y = f(x W + b) for all at once."],
  ["Loss", "One number that says how wrong the network is, the mean over points. Training makes it smaller; accuracy only counts who is right."],
  ["Gradient", "dL/dw: how much the loss grows when a weight grows a little. Computed backward from the output, layer by layer, by the chain rule."],
  ["Vanishing gradient", "Each layer multiplies the gradient by its weights and by f′(z). Where these are small, little is left after some layers."],
  ["Saturation, flat", "Inputs at which f′(z) is below 0.05. Tanh and sigmoid are flat far from 0, ReLU is flat below 0."],
  ["Dead unit", "f′(z) = 0 for every training point: no gradient reaches its weights. Weight decay, momentum or a change in the layers before it may wake it."],
  ["Boundary", "Where the network is undecided between classes: the pale seam in the plane."],
  ["Overfitting", "The test loss rises while the training loss falls: the points are learned by heart, with their noise."],
  ["Normalized inputs", "The network sees (x − mean) / standard deviation, both of the training points."],
];

function drawMission(mission) {
  for (const { name } of CATALOG.missions) {
    const item = $(`mission-${name}`), active = state.mission === name;
    item.classList.toggle("active", active);
    const text = active && mission?.name === name ? `${done.has(name) ? "✓ Done. " : ""}${mission.done || !done.has(name) ? mission.says : ""}` : done.has(name) ? "✓ Done." : "";
    const line = item.querySelector(".progress");
    if (line.textContent !== text) line.textContent = text;
    line.classList.toggle("done", done.has(name));
  }
  const now = CATALOG.missions.find(({ name }) => name === state.mission), banner = $("mission-now");
  banner.hidden = !now;
  if (now) {
    const [title, says] = [`${done.has(now.name) ? "✓ " : ""}Mission: ${now.title}.`, `${now.task} ${$(`mission-${now.name}`).querySelector(".progress").textContent}`];
    if (banner.children[0].textContent !== title) banner.children[0].textContent = title;
    if (banner.children[1].textContent !== says) banner.children[1].textContent = says;
    banner.classList.toggle("done", done.has(now.name));
  }
  $("missions-done").textContent = done.size ? `${done.size} of ${CATALOG.missions.length} done` : "";
}
