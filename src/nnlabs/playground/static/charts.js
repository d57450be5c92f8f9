// The curves of loss and accuracy, the table of layers, and the activation with its slope and the inputs that it gets.

let curve = [];  // one entry a frame: [epoch, loss train, loss test, accuracy train, accuracy test]

function remember(frame) {
  if (curve.length && frame.epoch < curve.at(-1)[0]) curve = [];
  if (curve.length && frame.epoch === curve.at(-1)[0]) curve.pop();
  curve.push([frame.epoch, ...frame.loss, ...frame.accuracy]);
  if (curve.length > 1200) curve = curve.filter((_, i) => i % 2 === 0 || i === curve.length - 1);
}

function drawCurve(id, columnsOf, low, high) {
  const { context, width, height } = prepare($(id)), left = 50, bottom = height - 17, last = curve.at(-1)?.[0] ?? 0;
  const values = curve.flatMap(row => columnsOf.map(c => row[c])).filter(v => v !== null);
  const top = high ?? Math.max(1e-3, [...values].sort((a, b) => a - b)[Math.ceil(0.995 * (values.length - 1))] ?? 1) * 1.05;
  const x = epoch => left + (width - left - 6) * epoch / (last || 1), y = v => 4 + (bottom - 4) * (top - Math.min(v, top)) / (top - low);
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = ink.soft;
  context.strokeStyle = ink.faint;
  context.lineWidth = 1;
  for (const v of [low, (low + top) / 2, top]) {
    context.beginPath(); context.moveTo(left, y(v)); context.lineTo(width - 6, y(v)); context.stroke();
    context.textAlign = "right";
    context.fillText(high ? `${Math.round(100 * v)} %` : v.toPrecision(2).replace("e+", "e"), left - 5, Math.max(11, y(v) + 4));
  }
  context.textAlign = "left"; context.fillText("0", left, height - 3);
  context.textAlign = "right"; context.fillText(`${last < 10 ? last.toFixed(1) : Math.round(last)} epochs`, width - 6, height - 3);
  columnsOf.forEach((c, k) => {
    context.beginPath();
    context.strokeStyle = k ? ink.test : ink.train;
    context.setLineDash(k ? [5, 3] : []);
    context.lineWidth = 2;
    let pen = false;
    for (const row of curve) {
      if (row[c] === null) { pen = false; continue; }
      if (pen) context.lineTo(x(row[0]), y(row[c])); else context.moveTo(x(row[0]), y(row[c]));
      pen = true;
    }
    context.stroke();
    context.setLineDash([]);
  });
}

const numberText = v => v === null ? "not a number" : v === 0 ? "0" : v.toPrecision(3);
const percent = v => `${(100 * v).toFixed(1)} %`;

function drawCurves(frame) {
  drawCurve("loss", [1, 2], 0);
  drawCurve("accuracy", [3, 4], Math.min(0.4, ...curve.map(row => Math.min(row[3], row[4]))) < 0.4 ? 0 : 0.4, 1);
  $("loss-now").textContent = `train ${numberText(frame.loss[0])}, test ${numberText(frame.loss[1])}`;
  $("accuracy-now").textContent = `train ${percent(frame.accuracy[0])}, test ${percent(frame.accuracy[1])}`;
}

function layerRow(layer) {
  const title = layer < state.layers.length ? `${layer + 1} · ${CATALOG.activations[state.layers[layer].activation].title}` : "output";
  const name = layer < state.layers.length ? element("button", { textContent: title }) : element("span", { textContent: title });
  if (layer < state.layers.length) {
    name.dataset.tip = `Show the activation of layer ${layer + 1} and the inputs of all its units.`;
    name.addEventListener("click", () => choose(layer, null));
  }
  const meter = () => element("div", { className: "meter" }, element("i"), element("span"));
  return element("tr", {}, element("td", {}, name), element("td", {}, meter()), element("td", {}, meter()), element("td"));
}

function setMeter(meter, share, text, low) {
  meter.firstChild.style.width = `${100 * Math.max(0, Math.min(1, share))}%`;
  meter.lastChild.textContent = text;
  meter.classList.toggle("low", low);
}

function drawLayers(frame) {
  const body = $("layers").tBodies[0], key = JSON.stringify(state.layers);
  if (body.dataset.key !== key) {
    body.dataset.key = key;
    body.replaceChildren(...frame.layers.map((_, k) => layerRow(k)));
  }
  const largest = Math.max(...frame.layers.map(l => l.gradient || 0));
  frame.layers.forEach(({ gradient, flat, dead }, k) => {
    const [name, first, second, third] = body.rows[k].cells;
    const power = gradient ? Math.log10(gradient) : -9;  // 10^-9 is an empty bar, 1 a full one
    setMeter(first.firstChild, 1 + power / 9, gradient === null ? "∞" : gradient === 0 ? "0" : gradient.toExponential(0), gradient < 0.01 * largest);
    second.firstChild.hidden = flat === null;
    if (flat !== null) setMeter(second.firstChild, flat, `${Math.round(100 * flat)} %`, false);
    third.textContent = flat === null ? "" : dead.length;
    name.firstChild.setAttribute("aria-pressed", k === state.layer);
  });
}

// The activation of the chosen layer: f in black, f′ dashed, and a histogram of the inputs below.
function drawActivation(frame) {
  const { context, width, height } = prepare($("activation")), layer = state.layers[state.layer];
  const learned = frame.learned?.layer === state.layer ? frame.learned : null;  // the frame may be of the layer that was chosen before
  $("activation-text").textContent = layer ? activationText(layer, learned) : "There is no hidden layer, and so no activation: the network is one linear map.";
  if (!layer) return;
  const { curve: f, slope } = learned ?? CATALOG.activations[layer.activation], { range } = CATALOG.histogram, base = height - 16;
  const [low, high] = [Math.min(-1.2, Math.max(-2.5, ...[Math.min(...f)])), Math.max(1.3, Math.min(3, Math.max(...f)))];
  const x = v => width * (v + range) / (2 * range), y = v => 4 + (base - 4) * (high - v) / (high - low);
  const counts = frame.histogram, most = Math.max(1, ...counts);
  context.fillStyle = ink.bar;
  counts.forEach((n, k) => context.fillRect(width * k / counts.length, base - 0.6 * base * n / most, width / counts.length - 0.5, 0.6 * base * n / most));
  context.strokeStyle = ink.faint;
  context.lineWidth = 1;
  context.beginPath(); context.moveTo(0, y(0)); context.lineTo(width, y(0)); context.moveTo(x(0), 0); context.lineTo(x(0), base); context.stroke();
  context.save();
  context.beginPath(); context.rect(0, 0, width, base); context.clip();  // what goes on beyond the panel is cut off, and not flat
  for (const [values, color, dash] of [[slope, ink.slope, [5, 3]], [f, ink.ink, []]]) {
    context.beginPath();
    context.setLineDash(dash);
    Object.assign(context, { strokeStyle: color, lineWidth: 2 });
    values.forEach((v, i) => context.lineTo(x(-range + 2 * range * i / (values.length - 1)), y(v)));
    context.stroke();
  }
  context.restore();
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = ink.soft;
  for (const v of [-range, -range / 2, 0, range / 2, range]) {
    context.textAlign = v === -range ? "left" : v === range ? "right" : "center";
    context.fillText(v, x(v), height - 3);
  }
}

function activationText({ activation }, learned) {
  const { title, formula, good, bad, paper } = CATALOG.activations[activation];
  const whose = chosenUnit === null ? "all units" : `unit ${chosenUnit + 1}`;
  return `Layer ${state.layer + 1}, ${whose}. ${title}: f(x) = ${formula}${learned ? `, now a = ${numberText(learned.a)}` : ""}. Good for: ${good}. Against it: ${bad}. Source: ${paper}. Bars: the units' inputs.`;
}
