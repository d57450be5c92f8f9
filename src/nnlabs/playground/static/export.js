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
  const right = Math.max(plane.width, 300), width = net.width + right + 3 * gap, height = Math.max(net.height, plane.height + 240) + 96;
  const canvas = element("canvas", { width: 2 * width, height: 2 * height }), context = canvas.getContext("2d");
  context.scale(2, 2);
  Object.assign(context, { fillStyle: ink.paper });
  context.fillRect(0, 0, width, height);
  put(context, lines, net, gap, 70);
  Object.assign(context, { strokeStyle: ink.faint, lineWidth: 1.5 });
  for (const { left, right: end, y } of places.flat()) context.strokeRect(gap + left, 70 + y - (end - left) / 2, end - left, end - left);
  const x = net.width + 2 * gap, below = 70 + plane.height;
  put(context, $("plane"), plane, x, 70);
  for (const [id, y] of [["loss", below + 34], ["accuracy", below + 160]]) context.drawImage($(id), x, y, plane.width, 92);
  Object.assign(context, { fillStyle: ink.ink, font: "600 17px system-ui, sans-serif" });
  context.fillText(`${CATALOG.sources[state.data].title}, ${Math.floor(last.epoch)} epochs: train ${percent(last.accuracy[0])}, test ${percent(last.accuracy[1])}`, gap, 32);
  Object.assign(context, { fillStyle: ink.soft, font: "13px system-ui, sans-serif" });
  context.fillText(`${layersInWords()}; ${state.optimizer}, lr ${state.lr}, batches of ${state.batch_size}, seed ${state.seed}; initialization ${state.init}${othersInWords()}; nnlabs playground`, gap, 54, width - 2 * gap);
  context.fillText(`Loss: ${$("loss-now").textContent} (dashed)`, x, below + 26);
  context.fillText(`Accuracy: ${$("accuracy-now").textContent} (dashed)`, x, below + 152);
  return canvas;
}

const layersInWords = () => state.layers.map(l => `${l.units} ${CATALOG.activations[l.activation].title}`).join(" → ") || "no hidden layer";
// What else decides the result, where it is not as the page begins.
const othersInWords = () => ["loss", "l1", "l2", "dropout", "schedule", "noise"]
  .filter(name => toText(name, state[name]) !== toText(name, defaultOf(name)))
  .map(name => `; ${name} ${state[name]}`).join("");
const fileName = ending => `playground-${state.data}-${last.step}.${ending}`;

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

$("png").addEventListener("click", () => takeAway(() => picture().toBlob(blob => download(fileName("png"), blob))));
$("gif").addEventListener("click", () => takeAway(async () => {
  const { gif } = await ask({ type: "animation" });
  download(fileName("gif"), new Blob([bytesOf(gif)], { type: "image/gif" }));
}));
$("script").addEventListener("click", () => takeAway(async () => {
  const { script } = await ask({ type: "script", address: location.origin + "/" + toAddress() });
  download(fileName("py"), new Blob([script], { type: "text/x-python" }));
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
