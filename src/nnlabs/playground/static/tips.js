// One sentence on whatever the pointer, or the keyboard's focus, is on.

const tip = document.getElementById("tip");

function showTip(text, x, y) {
  tip.textContent = text;
  tip.hidden = !text;
  if (!text) return;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(6, Math.min(x + 14, innerWidth - width - 6))}px`;
  tip.style.top = `${y + 18 + height < innerHeight ? y + 18 : Math.max(6, y - height - 12)}px`;
}

const tipOf = element => element?.closest?.("[data-tip]")?.dataset.tip || "";

document.addEventListener("pointermove", event => {
  if (event.target.closest?.("#columns") && !event.target.closest("[data-tip]")) return;  // lines have tips of their own
  if (event.pointerType === "mouse") showTip(tipOf(event.target), event.clientX, event.clientY);
});
document.addEventListener("focusin", event => {
  if (!event.target.matches(":focus-visible")) return;
  const box = event.target.getBoundingClientRect();
  showTip(tipOf(event.target), box.left, Math.min(box.bottom, innerHeight - 60));
});
document.addEventListener("focusout", () => showTip("", 0, 0));
document.addEventListener("pointerdown", event => {
  if (event.pointerType !== "mouse") showTip(event.target.matches("button, select, input") ? "" : tipOf(event.target), event.clientX, event.clientY);
});
document.addEventListener("keydown", event => event.key === "Escape" && showTip("", 0, 0));
