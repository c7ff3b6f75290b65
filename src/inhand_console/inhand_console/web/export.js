// Pictures and films of the scene, made by the browser: nothing is sent, the file is the visitor's.
(() => {
  "use strict";
  const FILM_HZ = 25, TYPES = ["video/mp4", "video/webm;codecs=vp9", "video/webm"];
  const bar = document.createElement("div");
  bar.id = "inhand-tools";
  bar.innerHTML = `<button title="Saves the scene as a PNG">Picture</button><button title="Records the scene until it is pressed again"
    >Film</button>`;
  const [picture, film] = bar.querySelectorAll("button");
  let recorder = null;

  const scene = () => [...document.querySelectorAll("canvas")].find((canvas) => canvas.dataset.engine) || null;
  function save(blob, ending) {
    const link = document.createElement("a");
    const stamp = new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-");
    link.href = URL.createObjectURL(blob);
    link.download = `hand-${stamp}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }
  // The scene over the page's background, with the goal in its corner: what the visitor sees, but for panels and buttons.
  function compose(pen, width, height) {
    const ratio = width / scene().clientWidth;
    pen.fillStyle = "#15181d";
    pen.fillRect(0, 0, width, height);
    pen.drawImage(scene(), 0, 0, width, height);
    const goal = document.querySelector("#inhand-goal canvas");
    if (!goal || !goal.clientWidth) return;
    const side = 150 * ratio;
    pen.drawImage(goal, 16 * ratio, height - side - 16 * ratio, side, side);
  }
  function sheet() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [scene().width & ~1, scene().height & ~1];
    return canvas;
  }

  picture.addEventListener("click", () => {
    if (!scene()) return;
    const canvas = sheet();
    compose(canvas.getContext("2d"), canvas.width, canvas.height);
    canvas.toBlob((blob) => save(blob, "png"));
  });
  film.addEventListener("click", () => {
    if (recorder) return recorder.stop();
    if (!scene()) return undefined;
    const canvas = sheet(), pen = canvas.getContext("2d"), parts = [];
    const mime = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const timer = setInterval(() => compose(pen, canvas.width, canvas.height), 1000 / FILM_HZ);
    compose(pen, canvas.width, canvas.height);
    recorder = new MediaRecorder(canvas.captureStream(FILM_HZ), { mimeType: mime });
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = () => {
      clearInterval(timer);
      recorder = null;
      film.classList.remove("on");
      film.textContent = "Film";
      save(new Blob(parts, { type: mime }), mime.startsWith("video/mp4") ? "mp4" : "webm");
    };
    recorder.start(1000);
    film.classList.add("on");
    film.textContent = "End film";
    return undefined;
  });
  window.inhand.root.append(bar);
})();
