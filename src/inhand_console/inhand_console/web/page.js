// What lies over the scene: the stop that is always there, the state in words, a badge on Health. Asks the page's own
// server (web.py) beside viser's socket, so that it works while panels are folded away, and notices when nothing answers.
(() => {
  "use strict";
  // Patience is long: a browser that draws in software on a busy machine takes seconds to come round to an answer that
  // has arrived. A server that is gone refuses at once.
  const PERIOD_MS = 250, HIDDEN_MS = 2000, PATIENCE_MS = 8000, LOST_MS = 5000, STOP_PATIENCE_MS = 4000;
  const TYPED = ["text", "number", "search", "password", "email", "url", "tel"];
  const LOST = { words: "NO CONNECTION", color: "#7f8c8d", bad: true, alarms: 0,
    hint: "what you see is old; the hand's own switch stops it" };
  const listeners = [];
  let last = null, lost = false, heard = performance.now();

  const root = document.createElement("div");
  root.id = "inhand";
  root.innerHTML = `
    <div id="inhand-bar">
      <button id="inhand-stop" title="Stops the hand at once, as the keys Space and Escape do; it stays stopped until cleared and enabled"
        >STOP</button>
      <div id="inhand-state"><div id="inhand-mode">CONNECTING</div><div id="inhand-hint">Space or Esc stops</div></div>
    </div>`;
  const find = (id) => root.querySelector(`#inhand-${id}`);

  async function ask(path, patience, headers = {}) {
    const answer = await fetch(path, { headers, cache: "no-store", signal: AbortSignal.timeout(patience) });
    if (!answer.ok) throw new Error(`${answer.status} ${(await answer.text()).trim()}`);
    return answer.json();
  }

  function hint(words, bad) {
    find("hint").textContent = words;
    find("hint").title = words;
    find("hint").classList.toggle("bad", bad);
  }

  function say(state) {
    if (state === null) return; // nobody had looked before: it comes with the first figures
    find("mode").textContent = state.words;
    find("stop").hidden = Boolean(state.replay); // it would stop nothing, while it looks as if
    find("mode").style.setProperty("--mode", state.color);
    hint(state.hint, state.bad);
    for (const tab of document.querySelectorAll("[role=tab]")) {
      if (tab.textContent.trim() !== "Health") continue;
      if (state.alarms) tab.dataset.alarms = state.alarms;
      else delete tab.dataset.alarms;
    }
  }

  async function stop() {
    hint("stopping …", false);
    try {
      await ask("/inhand/stop", STOP_PATIENCE_MS, { "X-Inhand-Press": "stop" });
    } catch (error) {
      hint(`STOP is not confirmed (${error.message}): use the hand's own switch`, true);
    }
  }

  // Before any control that has the focus: Space would press it, and a text field alone keeps what is typed.
  function types(target) {
    return target instanceof HTMLElement && (target.isContentEditable || target.tagName === "TEXTAREA" ||
      (target.tagName === "INPUT" && TYPED.includes(target.type)));
  }
  function key(event) {
    if (find("stop").hidden) return;
    const stops = event.code === "Escape" || (event.code === "Space" && !types(event.target));
    if (!stops || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.code === "Space") {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    if (event.type === "keydown" && !event.repeat) stop();
  }

  // viser asks what the browser keeps; the page's server learns there whether a GPU draws.
  function tellRenderer() {
    for (const name of Object.keys(localStorage)) {
      if (name.endsWith("inhand_renderer") && localStorage.getItem(name) === "?") localStorage.setItem(name, renderer());
    }
  }
  function renderer() {
    const gl = document.createElement("canvas").getContext("webgl2");
    if (!gl) return "none";
    const details = gl.getExtension("WEBGL_debug_renderer_info");
    const name = gl.getParameter(details ? details.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
    gl.getExtension("WEBGL_lose_context")?.loseContext();
    return String(name);
  }
  // viser's notice that software draws: the page has drawn its consequence already.
  function dismiss() {
    for (const note of document.querySelectorAll(".mantine-Notification-root")) {
      if (note.textContent.includes("Software WebGL")) note.querySelector("button")?.click();
    }
  }

  async function poll() {
    try {
      last = await ask("/inhand/status", PATIENCE_MS);
      tellRenderer();
      [lost, heard] = [false, performance.now()];
      say(last);
      dismiss();
    } catch (error) {
      lost = performance.now() - heard > LOST_MS;
      if (lost) say(LOST);
    }
    document.body.classList.toggle("inhand-lost", lost);
    for (const listener of listeners) listener(lost ? null : last);
    setTimeout(poll, document.hidden ? HIDDEN_MS : PERIOD_MS);
  }

  window.inhand = { root, ask, onState: (listener) => listeners.push(listener) };
  find("stop").addEventListener("click", stop);
  window.addEventListener("keydown", key, true);
  window.addEventListener("keyup", key, true);
  const begin = () => { document.body.append(root); poll(); };
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
