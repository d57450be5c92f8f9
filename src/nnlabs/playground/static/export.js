// What one takes away: the address, a picture, an animation, a script.

function download(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Puts the picture of an element that is shown onto a canvas, at the same place beside the others.
function put(context, canvas, frame, x, y) {
  const box = canvas.getBoundingClientRect();
  context.drawImage(canvas, x + box.left - frame.left, y + box.top - frame.top, box.width, box.height);
}

function picture() {
  const net = columns.getBoundingClientRect(), plane = $("plane").getBoundingClientRect(), gap = 24;
  const right = Math.max(plane.width, 300), width = net.width + right + 3 * gap;
  const lead = { font: "600 17px system-ui, sans-serif", line: 22 }, small = { font: "13px system-ui, sans-serif", line: 18 };
  const canvas = element("canvas"), context = canvas.getContext("2d");
  const heading = inLines(context, `${CATALOG.sources[state.data].title}, ${inEpochs(last.epoch)}: train ${percent(last.accuracy[0])}, test ${percent(last.accuracy[1])}`, lead, width - 2 * gap);
  const caption = inLines(context, experimentInWords(), small, width - 2 * gap);
  const top = 24 + lead.line * heading.length + small.line * (caption.length + 1), height = Math.max(net.height, plane.height + 240) + top + 26;
  Object.assign(canvas, { width: 2 * width, height: 2 * height });
  context.scale(2, 2);
  Object.assign(context, { fillStyle: ink.paper });
  context.fillRect(0, 0, width, height);
  put(context, lines, net, gap, top);
  for (const { left, right: end, y, button } of places.flat()) {
    const dead = button.classList.contains("dead"), side = end - left;
    Object.assign(context, { strokeStyle: dead ? ink.bad : ink.faint, fillStyle: ink.bad, lineWidth: 1.5, font: `700 14px system-ui, sans-serif`, textAlign: "center" });
    context.strokeRect(gap + left, top + y - side / 2, side, side);
    if (dead) context.fillText("✕", gap + left + side / 2, top + y + 5);
  }
  context.textAlign = "left";
  const x = net.width + 2 * gap, below = top + plane.height;
  put(context, $("plane"), plane, x, top);
  for (const [id, y] of [["loss", below + 34], ["accuracy", below + 160]]) context.drawImage($(id), x, y, plane.width, 92);
  Object.assign(context, { fillStyle: ink.ink, font: lead.font });
  heading.forEach((line, k) => context.fillText(line, gap, 32 + lead.line * k));
  Object.assign(context, { fillStyle: ink.soft, font: small.font });
  caption.forEach((line, k) => context.fillText(line, gap, 32 + lead.line * heading.length + small.line * k));
  nameClasses(context, x, top - 8);
  context.fillStyle = ink.soft;
  context.fillText(`Loss: ${$("loss-now").textContent} (dashed)`, x, below + 26);
  context.fillText(`Accuracy: ${$("accuracy-now").textContent} (dashed)`, x, below + 152);
  return canvas;
}

// A text in lines that fit.
function inLines(context, text, { font }, width) {
  context.font = font;
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && context.measureText(longer).width <= width) lines[lines.length - 1] = longer; else lines.push(word);
  }
  return lines;
}

// The classes, each with its color.
function nameClasses(context, x, y) {
  data.classes.forEach((name, k) => {
    context.fillStyle = CATALOG.colors[data.hues[k]];
    context.fillRect(x, y - 9, 10, 10);
    context.fillStyle = ink.soft;
    context.fillText(name, x + 14, y);
    x += 28 + context.measureText(name).width;
  });
}

const inEpochs = epoch => `${Math.floor(epoch).toLocaleString("en")} epoch${Math.floor(epoch) === 1 ? "" : "s"}`;
const experimentInWords = () => `${layersInWords()}; ${state.optimizer}, lr ${state.lr}, batches of ${state.batch_size}, seed ${state.seed}; initialization ${state.init}${othersInWords()}${last.changes ? "; settings were changed while it learned" : ""}; nnlabs playground`;
const layersInWords = () => state.layers.map(l => `${l.units} ${CATALOG.activations[l.activation].title}`).join(" → ") || "no hidden layer";
// What else decides the result, where it is not as the page begins.
const othersInWords = () => ["loss", "l1", "l2", "dropout", "schedule", "n", "noise", "test_share"]
  .filter(name => toText(name, state[name]) !== toText(name, defaultOf(name)))
  .map(name => `; ${name} ${state[name]}`).join("");
const fileName = (source, step, ending) => `playground-${source}-${step}.${ending}`;

// Waits for a change that is on its way. Where the engine has refused the settings, what it and the page still have is the run of
// others, and must not be taken away under the name of these; that stays to be read until there is a run.
async function takeAway(action) {
  const current = () => last && !stale && !resetting && drawn >= heard;
  while (busy && !current()) await new Promise(go => setTimeout(go, 20));
  await attempt(() => {
    if (!current()) throw new Error(`There is no run of these settings that could be taken away: ${refused}`);
    return action();
  }, refused ? 0 : READING);
}

// What is asked for and what it is called are of one moment, whatever is changed before the answer is there.
$("png").addEventListener("click", () => takeAway(() => {
  const name = fileName(state.data, last.step, "png");
  picture().toBlob(blob => download(name, blob));
}));
$("gif").addEventListener("click", () => takeAway(async () => {
  const source = state.data, { gif, step } = await ask({ type: "animation" });
  download(fileName(source, step, "gif"), new Blob([bytesOf(gif)], { type: "image/gif" }));
}));
$("script").addEventListener("click", () => takeAway(async () => {
  const source = state.data, { script, step } = await ask({ type: "script", address: location.origin + "/" + toAddress() });
  download(fileName(source, step, "py"), new Blob([script], { type: "text/x-python" }));
}));
$("link").addEventListener("click", async () => {
  const address = `${location.origin}/${toAddress()}`;
  history.replaceState(null, "", address);
  try {
    await navigator.clipboard.writeText(address);
    $("link").textContent = "Copied";
  } catch {
    $("link").textContent = "It is in the address bar";  // where the browser does not let pages write to the clipboard
  }
  setTimeout(() => { $("link").textContent = "Copy link"; }, 2000);
});
