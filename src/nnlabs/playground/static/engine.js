// The way to the engine: one message, one reply. An engine in the browser itself would replace this file only.

let session = null;

async function ask(message) {
  const body = JSON.stringify(session && message.type !== "open" ? { ...message, session } : message);
  const response = await fetch("/ask", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const reply = await response.json();
  if (!response.ok) throw Object.assign(new Error(reply.error), { status: response.status });
  if (reply.session) session = reply.session;
  return reply;
}

// A closed tab says so; one that cannot (a crash) is forgotten after half an hour. It trains no more in either case.
addEventListener("pagehide", () => {
  const body = new Blob([JSON.stringify({ type: "close", session })], { type: "application/json" });
  if (session) navigator.sendBeacon("/ask", body);
});
addEventListener("pageshow", event => event.persisted && location.reload());

function bytesOf(text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
const floatsOf = text => new Float32Array(bytesOf(text).buffer);
