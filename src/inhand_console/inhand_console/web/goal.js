// The goal in a corner: the object as it should lie, seen from where the scene is seen, and how far it is from there.
(() => {
  "use strict";
  const SIZE = 150, FILL = 0.36, EDGE = "rgba(10, 12, 15, 0.85)";
  // Rows: three.js's axes (y up) in the world's (z up), as viser turns its scene.
  const THREE_FROM_WORLD = [[0, 1, 0], [0, 0, 1], [1, 0, 0]];
  const LIGHT = [0.25, 0.55, 0.8];
  const card = document.createElement("div");
  card.id = "inhand-goal";
  card.hidden = true;
  card.innerHTML = `<header><b>GOAL</b><span></span></header><canvas></canvas><div id="inhand-left"><i></i></div>`;
  const [words, canvas, bar] = [card.querySelector("span"), card.querySelector("canvas"), card.querySelector("#inhand-left")];
  const scale = Math.min(2, window.devicePixelRatio || 1);
  canvas.width = canvas.height = SIZE * scale;
  const pen = canvas.getContext("2d");
  let faces = null, edges = [], radius = 1, state = null, drawn = "";

  const multiply = (a, b) => a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
  const apply = (m, v) => m.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]);
  function matrix([x, y, z, w]) {
    return [[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
      [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
      [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]];
  }
  function view() {
    const camera = window.__viserMutable && window.__viserMutable.camera;
    if (!camera) return null;
    const e = camera.matrixWorldInverse.elements;
    return multiply([[e[0], e[4], e[8]], [e[1], e[5], e[9]], [e[2], e[6], e[10]]], THREE_FROM_WORLD);
  }

  function draw(turn) {
    const middle = canvas.width / 2, unit = (FILL * canvas.width) / radius;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const shown = [];
    for (const face of faces) {
      for (const triangle of face.triangles) {
        const corners = triangle.map((point) => apply(turn, point));
        const [a, b, c] = corners;
        const [u, v] = [b.map((value, i) => value - a[i]), c.map((value, i) => value - a[i])];
        const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        const length = Math.hypot(...normal);
        if (normal[2] <= 0 || !length) continue;
        const light = 0.55 + 0.45 * Math.max(0, normal.reduce((sum, value, i) => sum + value * LIGHT[i], 0) / length);
        shown.push({ depth: a[2] + b[2] + c[2], corners, color: face.color.map((part) => Math.round(part * light)) });
      }
    }
    shown.sort((one, other) => one.depth - other.depth);
    pen.lineJoin = "round";
    for (const { corners, color } of shown) {
      pen.beginPath();
      corners.forEach(([x, y], i) => pen[i ? "lineTo" : "moveTo"](middle + unit * x, middle - unit * y));
      pen.closePath();
      pen.fillStyle = pen.strokeStyle = `rgb(${color})`;
      pen.lineWidth = scale; // closes the hair between two triangles of a face
      pen.stroke();
      pen.fill();
    }
    pen.strokeStyle = EDGE;
    pen.lineWidth = 1.5 * scale;
    for (const [p, q, normals] of edges) {
      if (!normals.some((normal) => apply(turn, normal)[2] > 1e-6)) continue;
      const [[x, y], [s, t]] = [apply(turn, p), apply(turn, q)];
      pen.beginPath();
      pen.moveTo(middle + unit * x, middle - unit * y);
      pen.lineTo(middle + unit * s, middle - unit * t);
      pen.stroke();
    }
  }

  function frame() {
    requestAnimationFrame(frame);
    const seen = state && state.goal && faces ? view() : null;
    if (!seen) return;
    const turn = multiply(seen, matrix(state.goal));
    const mark = turn.flat().map((value) => value.toFixed(3)).join();
    if (mark !== drawn) draw(turn);
    drawn = mark;
  }

  window.inhand.root.append(card);
  window.inhand.onState((now) => {
    state = now;
    card.hidden = !(now && now.goal);
    if (card.hidden) return;
    words.textContent = now.distance === null ? "–" : `${now.distance.toFixed(2)} rad`;
    bar.classList.toggle("near", now.distance !== null && now.distance < now.tolerance);
    bar.firstChild.style.width = now.distance === null ? "0" : `${100 * (1 - now.distance / Math.PI)}%`;
  });
  window.inhand.ask("/inhand/object", 10000).then((object) => { ({ faces, edges, radius } = object); });
  frame();
})();
