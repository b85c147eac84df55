// What a reader without a mouse, without sight or with weak eyes needs of the page: the list of what is missing.
(() => {
  const problems = [];
  const name = (el) => `<${el.tagName.toLowerCase()}${el.id ? ` id=${el.id}` : ""}${el.className && el.className.baseVal === undefined ? ` class=${el.className}` : ""}> ${(el.textContent || "").trim().slice(0, 40)}`;
  const seen = (el) => el.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && el.getClientRects().length > 0;

  const ids = new Set();
  for (const el of document.querySelectorAll("[id]")) {
    if (ids.has(el.id)) problems.push(`two elements have the id ${el.id}`);
    ids.add(el.id);
  }
  for (const attribute of ["for", "aria-labelledby", "aria-describedby", "list"]) {
    for (const el of document.querySelectorAll(`[${attribute}]`)) for (const id of el.getAttribute(attribute).split(/\s+/)) if (!ids.has(id)) problems.push(`${attribute} of ${name(el)} leads to no ${id}`);
  }

  let level = 0;
  for (const el of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    if (el.closest("dialog")) continue;
    const l = Number(el.tagName[1]);
    if (l > level + 1) problems.push(`a heading of level ${l} follows one of level ${level}: ${name(el)}`);
    if (el.textContent.trim() === "") problems.push(`an empty heading: ${name(el)}`);
    level = l;
  }
  if (document.querySelectorAll("h1").length !== 1) problems.push("there is not one h1");

  const called = (el) => el.getAttribute("aria-label") || (el.getAttribute("aria-labelledby") || "").split(/\s+/).map((id) => document.getElementById(id)?.textContent || "").join("")
    || [...(el.labels || [])].map((l) => l.textContent).join("") || el.textContent;
  for (const el of document.querySelectorAll("button, a[href], summary, input, select, [role=slider], [role=application]")) if (!called(el).trim()) problems.push(`no name: ${name(el)}`);
  for (const el of document.querySelectorAll("img")) if (!el.alt.trim()) problems.push("a picture without a text");
  for (const el of document.querySelectorAll("svg")) if (!(el.querySelector("title") || el.getAttribute("aria-label"))) problems.push(`no title: ${name(el)}`);
  for (const el of document.querySelectorAll("canvas")) if (!(el.getAttribute("aria-label") || el.getAttribute("aria-hidden"))) problems.push("a canvas that is neither named nor hidden");
  for (const el of document.querySelectorAll("figure")) if (!el.querySelector("table, figcaption a")) problems.push(`a figure without its data: ${name(el)}`);
  for (const el of document.querySelectorAll("table")) {
    const heads = el.querySelectorAll("thead th");
    if (heads.length === 0 || [...heads].some((th) => th.scope !== "col" || th.textContent.trim() === "")) problems.push(`a table without heads: ${name(el)}`);
    if (el.closest("[tabindex]") === null) problems.push(`a table that no key scrolls: ${name(el)}`);
  }
  for (const el of document.querySelectorAll("[tabindex]")) if (el.tabIndex > 0) problems.push(`tabindex ${el.tabIndex}: ${name(el)}`);

  // Contrast: the text's colour over the grounds that lie below it.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  canvas.canvas.width = canvas.canvas.height = 1;
  const mixed = (colors) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const c of colors) {
      canvas.fillStyle = c;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const known = new Map();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const el = node.parentElement;
    if (node.data.trim() === "" || el.closest("script, style, title, desc, .picture svg, .unseen, option") || !seen(el)) continue;
    const style = getComputedStyle(el), color = el instanceof SVGElement ? style.fill : style.color;
    const below = [];
    for (let up = el; up; up = up.parentElement) below.unshift(getComputedStyle(up).backgroundColor);
    const key = [color, ...below].join();
    if (!known.has(key)) {
      const grounds = ["#fff", ...below], a = light(mixed(grounds)), b = light(mixed([...grounds, color]));
      known.set(key, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
    }
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (known.get(key) < (large ? 3 : 4.5) && !el.closest(":disabled")) problems.push(`contrast ${known.get(key).toFixed(2)}: ${name(el)} (${color} on ${below.filter((c) => c !== "rgba(0, 0, 0, 0)").pop()})`);
  }
  // Words in the drawings stand on what was drawn before them.
  for (const svg of document.querySelectorAll(".picture svg")) {
    const shapes = [...svg.querySelectorAll("path, text")], toDrawing = svg.getScreenCTM().inverse();
    shapes.forEach((el, i) => {
      if (el.tagName !== "text" || !seen(el) || el.textContent.trim() === "") return;
      const box = el.getBoundingClientRect(), at = new DOMPoint(box.left + box.width / 2, box.top + box.height / 2).matrixTransform(toDrawing);
      const below = ["#fff"];
      let least = 4.5;
      for (const shape of shapes.slice(0, i)) {
        if (shape.tagName !== "path" || shape.getAttribute("fill") === "none") continue;
        if (/A|M.*M.*M/.test(shape.getAttribute("d"))) continue; // dots: in a crowd some word lies over one
        const b = shape.getBBox();
        if (at.x < b.x || at.y < b.y || at.x > b.x + b.width || at.y > b.y + b.height || !shape.isPointInFill(at)) continue;
        const style = getComputedStyle(shape), rgb = style.fill.match(/[\d.]+/g);
        if (Number(style.fillOpacity) < 1) least = 3; // a plate over a crowd of dots
        below.push(`rgb(${rgb.slice(0, 3).join(" ")} / ${style.fillOpacity})`);
      }
      const style = getComputedStyle(el), a = light(mixed(below)), b = light(mixed([...below, style.fill]));
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < least) problems.push(`contrast ${ratio.toFixed(2)} in ${svg.closest("figure").id}: ${el.textContent} (${style.fill} on ${below.join(", ")})`);
    });
  }
  return [...new Set(problems)];
})()
