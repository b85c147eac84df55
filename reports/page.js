// The script of a sweep's report. The page is whole without it: this adds values under the pointer, series that can be
// hidden, tables that sort and filter, parallel coordinates, and a map in which a word is looked up. What it shows stands
// in islands of JSON; it loads nothing, and every element it makes has the class "made", which print leaves out.
"use strict";
(() => {

// ---- Elements, numbers, colours ----

/** @type {(selector: string, root?: ParentNode) => any} */
const $ = (selector, root = document) => root.querySelector(selector);
/** @type {(selector: string, root?: ParentNode) => any[]} */
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/**
 * Makes an element; attributes that start with "on" are listeners, false and null are left out.
 * @param {string} tag a name, of SVG if it begins with "svg:"
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string)} children
 * @returns {any}
 */
function make(tag, attributes = {}, ...children) {
  const svg = tag.startsWith("svg:");
  const el = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) el.setAttribute(name, value === true ? "" : String(value));
  }
  el.append(...children);
  return el;
}

/** @param {Element} el an island @returns {any} */
const read = (el) => JSON.parse(el.textContent || "null");
/** @type {(v: number, low: number, high: number) => number} */
const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
/** @param {number} n @param {string} what */
const count = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
let ids = 0;
/** A new id. @param {string} of */
const newID = (of) => `made-${of}-${++ids}`;

/** A number in at most four digits. @param {number | null} v */
function brief(v) {
  if (v === null || !Number.isFinite(v)) return "–";
  const a = Math.abs(v);
  if (a !== 0 && (a < 1e-4 || a >= 1e7)) return v.toExponential(2).replace("-", "−").replace("+", "");
  return (a >= 1e4 ? Math.round(v).toLocaleString("en") : String(Number(v.toPrecision(4)))).replace("-", "−");
}

/** Calls f once in the next frame, however often it is asked for. @param {() => void} f */
function inFrame(f) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; f(); });
  };
}

/** @param {string} text base64 */
function bytesOf(text) {
  const raw = atob(text), out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}

/** The value of a colour of the page. @param {string} name */
const colorOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const darkSystem = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme || (darkSystem.matches ? "dark" : "light")) === "dark";

const viridis = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"].map((c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)));
/** The colour of how good a value is, 0 to 1: the best stands out most from the ground. @param {number} good */
function shade(good) {
  const t = clamp(isDark() ? 0.22 + 0.78 * good : 0.86 * (1 - good), 0, 1) * (viridis.length - 1);
  const i = Math.min(Math.floor(t), viridis.length - 2);
  return `rgb(${viridis[i].map((c, k) => Math.round(c + (t - i) * (viridis[i + 1][k] - c))).join(" ")})`;
}

/**
 * Fits a canvas to its size on the page and gives its context, in CSS pixels and emptied.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height
 */
function fit(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, width, height);
  return c;
}

// ---- What is shown beside the pointer, and said aloud ----

const tip = make("div", { class: "tip made", hidden: true, "aria-hidden": "true" });
const voice = make("div", { class: "unseen made", "aria-live": "polite" });

/**
 * Shows lines beside a place of the window, the first in bold.
 * @param {number} x @param {number} y @param {string[]} lines
 */
function showTip(x, y, lines) {
  tip.replaceChildren(...lines.filter((l) => l !== "").map((l, i) => make(i === 0 ? "b" : "span", {}, l)));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${clamp(x + 14 + box.width > innerWidth ? x - box.width - 14 : x + 14, 4, Math.max(4, innerWidth - box.width - 4))}px`;
  tip.style.top = `${clamp(y - box.height - 10 < 4 ? y + 18 : y - box.height - 10, 4, Math.max(4, innerHeight - box.height - 4))}px`;
}
const hideTip = () => { tip.hidden = true; };
/** @param {string} text */
const say = (text) => { voice.textContent = text; };

// What Escape clears, outside of a field.
/** @type {(() => void)[]} */
const cleared = [hideTip];
// What is drawn anew in other colours.
/** @type {(() => void)[]} */
const painted = [];

/**
 * A field to search in: Escape empties it, and "/" finds it.
 * @param {string} label @param {string} hint @param {(text: string) => void} changed
 */
function searchField(label, hint, changed) {
  const input = make("input", { type: "search", placeholder: hint, autocomplete: "off", spellcheck: "false", oninput: () => changed(input.value) });
  input.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
    if (e.key !== "Escape") return;
    e.preventDefault();
    e.stopPropagation();
    if (input.value === "") input.blur();
    input.value = "";
    changed("");
  });
  return { input, field: make("label", { class: "field" }, make("span", {}, label), input) };
}

// ---- Charts: the point under the pointer, series that hide ----

/** @typedef {{name: string, groups: SVGGElement[], off: boolean, button: any}} Series */
/** @typedef {{x: number, y: number, lines: string[], series: Series}} Dot */

/** @param {HTMLScriptElement} el the island of one figure */
function chart(el) {
  const data = read(el), figure = document.getElementById(el.dataset.figure || "");
  const svg = figure && $(".picture svg", figure);
  if (!figure || !svg) return;
  const picture = svg.closest(".picture");
  /** @type {Series[]} */
  const series = [];
  /** @type {Dot[]} */
  const dots = [];
  for (const panel of data.panels) {
    for (const s of panel.series || []) {
      let of = series.find((o) => o.name === s.name); // small multiples share their series
      if (!of) series.push(of = { name: s.name, groups: [], off: false, button: null });
      const group = document.getElementById(s.id);
      if (group) of.groups.push(/** @type {any} */ (group));
      for (const [x, y, xText, yText, label] of s.points || []) {
        dots.push({ x, y, series: of, lines: [s.name || label || "", `${panel.x || "x"}: ${xText}`, `${panel.y || "y"}: ${yText}`, s.name && label && label !== s.name ? label : ""] });
      }
    }
  }
  for (const title of $$("g.series > title", svg)) title.remove(); // or the browser would show it beside ours
  if (dots.length > 0) pointed(svg, picture, series, dots);
  const grouped = series.filter((s) => s.groups.length > 0);
  if (grouped.length > 1) legend(picture, grouped);
}

/** @param {SVGSVGElement} svg @param {HTMLElement} picture @param {Series[]} series @param {Dot[]} dots */
function pointed(svg, picture, series, dots) {
  const ring = make("svg:circle", { class: "ring made", r: 5, fill: "none", visibility: "hidden" });
  svg.append(ring);
  let at = -1;
  const hide = () => { at = -1; ring.setAttribute("visibility", "hidden"); hideTip(); };
  cleared.push(hide);
  /** @param {number} i */
  const show = (i) => {
    at = i;
    const d = dots[i], m = svg.getScreenCTM();
    ring.setAttribute("cx", d.x);
    ring.setAttribute("cy", d.y);
    ring.setAttribute("visibility", "visible");
    if (m) showTip(m.a * d.x + m.e, m.d * d.y + m.f, d.lines);
  };
  /** @param {PointerEvent} e */
  const move = (e) => {
    const m = svg.getScreenCTM();
    if (!m) return;
    const x = (e.clientX - m.e) / m.a, y = (e.clientY - m.f) / m.d;
    let best = -1, least = 28 * 28; // points: further away nothing is meant
    for (let i = 0; i < dots.length; i++) {
      if (dots[i].series.off) continue;
      const far = (dots[i].x - x) ** 2 + (dots[i].y - y) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    if (best < 0) hide(); else show(best);
  };
  svg.addEventListener("pointermove", move);
  svg.addEventListener("pointerdown", move);
  svg.addEventListener("pointerleave", (e) => { if (e.pointerType !== "touch") hide(); });

  // By keyboard: left and right along a series, up and down to the nearest point of the next one.
  const title = $("title", svg), desc = $("desc", svg);
  picture.setAttribute("role", "application");
  picture.setAttribute("aria-label", `${title ? title.textContent : "Chart"}. Arrow keys read its points.`);
  if (desc) {
    desc.id ||= newID("desc");
    picture.setAttribute("aria-describedby", desc.id);
  }
  picture.addEventListener("keydown", (e) => {
    const shown = series.filter((s) => !s.off && dots.some((d) => d.series === s));
    if (shown.length === 0 || e.ctrlKey || e.altKey || e.metaKey) return;
    const now = at < 0 || dots[at].series.off ? null : dots[at];
    const along = (/** @type {Series} */ s) => dots.map((_, i) => i).filter((i) => dots[i].series === s).sort((a, b) => dots[a].x - dots[b].x || a - b);
    const line = along(now ? now.series : shown[0]);
    let next = line[0];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key], turn = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (e.key === "End") next = line[line.length - 1];
    else if (step && now) next = line[clamp(line.indexOf(at) + step, 0, line.length - 1)];
    else if (turn && now) {
      const other = along(shown[(shown.indexOf(now.series) + turn + shown.length) % shown.length]);
      next = other.reduce((a, b) => (Math.abs(dots[b].x - now.x) < Math.abs(dots[a].x - now.x) ? b : a));
    } else if (!step && !turn && e.key !== "Home") return;
    e.preventDefault();
    show(next);
    say(dots[next].lines.filter((l) => l).join(", "));
  });
  picture.addEventListener("blur", hide);
}

/** Puts a button for each series under a figure. @param {HTMLElement} picture @param {Series[]} series */
function legend(picture, series) {
  const update = () => {
    for (const s of series) {
      for (const g of s.groups) g.classList.toggle("off", s.off);
      s.button.setAttribute("aria-pressed", String(!s.off));
    }
    all.hidden = series.every((s) => !s.off);
  };
  /** @param {(s: Series) => boolean} chosen */
  const only = (chosen) => {
    for (const s of series) s.off = !chosen(s);
    update();
  };
  const list = make("div", { class: "legend made", role: "group", "aria-label": "Series of the figure" });
  for (const s of series) {
    const swatch = make("i", { "aria-hidden": "true" });
    swatch.style.background = swatchOf(s.groups[0]);
    s.button = make("button", { type: "button", "aria-pressed": "true", title: "Hides and shows; with Shift or a double click it stands alone",
      onclick: (/** @type {MouseEvent} */ e) => { if (e.shiftKey) only((o) => o === s); else { s.off = !s.off; update(); } },
      ondblclick: () => only((o) => o === s) }, swatch, s.name || "(without a name)");
    list.append(s.button);
  }
  const all = make("button", { type: "button", class: "plain", hidden: true, onclick: () => only(() => true) }, "Show all");
  if (series.length > 12) {
    const search = searchField("Series", "part of a name", (text) => {
      for (const s of series) s.button.hidden = !s.name.toLowerCase().includes(text.toLowerCase());
      alone.disabled = text === "";
    });
    const alone = make("button", { type: "button", class: "plain", disabled: true, onclick: () => only((s) => !s.button.hidden) }, "Only these");
    list.prepend(search.field, alone);
  }
  list.append(all);
  picture.after(list);
  cleared.push(() => only(() => true));
}

/** The colour that a group is drawn in. @param {Element} group */
function swatchOf(group) {
  const styles = [...group.querySelectorAll("path, circle, line, polyline, rect")].map((el) => getComputedStyle(el));
  // Strokes first: what is hollow is filled with the colour of the page.
  const colours = [...styles.map((s) => s.stroke), ...styles.map((s) => s.fill)];
  return colours.find((c) => c && c !== "none" && !c.startsWith("rgba(0, 0, 0, 0")) ?? "currentColor";
}

// ---- Tables: sorting, filtering, columns, CSV ----

/** @typedef {number | string | null} Value */
/** @typedef {{key: string, name: string, text?: boolean}} Column */

/** The number in a cell's text. @param {string} text @returns {Value} */
function valueOf(text) {
  const t = text.trim();
  if (t === "" || t === "–") return null;
  const n = Number(t.replace(/,/g, "").replace("−", "-").replace(/\s*%$/, ""));
  return Number.isNaN(n) ? t : n;
}

const collator = new Intl.Collator("en", { numeric: true });
/** Orders values: numbers, then texts, then what is missing. @param {Value} a @param {Value} b */
function compare(a, b) {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return collator.compare(String(a), String(b));
}

/**
 * Reads a filter: conditions like val/perplexity < 80, state=complete,stopped or configuration~ab, and words that a row
 * has to hold. All of them must hold. Names and values with spaces stand in quotes.
 * @param {string} text @param {Column[]} columns
 * @returns {{holds: (values: Value[], words: string) => boolean, problem: string}}
 */
function parseFilter(text, columns) {
  /** @type {((values: Value[], words: string) => boolean)[]} */
  const terms = [];
  let problem = "";
  const part = /(?:"([^"]*)"|([^\s"<>=!~]+))\s*(<=|>=|!=|==?|<|>|~)\s*(?:"([^"]*)"|([^\s"]*))|"([^"]*)"|(\S+)/g;
  for (const m of text.matchAll(part)) {
    const operator = m[3];
    if (!operator) {
      const word = (m[6] ?? m[7]).toLowerCase();
      terms.push((_, words) => words.includes(word));
      continue;
    }
    const name = (m[1] ?? m[2]).toLowerCase(), want = m[4] ?? m[5];
    const c = columns.findIndex((o) => o.key.toLowerCase() === name || o.name.toLowerCase() === name);
    if (c < 0) { problem = `No column is called ${m[1] ?? m[2]}. There are ${columns.map((o) => o.key).join(", ")}.`; continue; }
    if (want === "") { problem = `${columns[c].key} ${operator} what?`; continue; }
    const number = want.endsWith("%") ? Number(want.slice(0, -1)) / 100 : Number(want.replace(/,(?=\d{3}\b)/g, ""));
    if (operator === "~") terms.push((v) => v[c] !== null && String(v[c]).toLowerCase().includes(want.toLowerCase()));
    else if (operator === "=" || operator === "==" || operator === "!=") {
      const wanted = want.toLowerCase().split(",");
      terms.push((v) => wanted.some((w) => same(v[c], w, number)) !== (operator === "!="));
    } else if (Number.isNaN(number)) problem = `${want} is no number to compare ${columns[c].key} with.`;
    else {
      terms.push((v) => {
        const x = v[c] === null ? NaN : Number(v[c]);
        return operator === "<" ? x < number : operator === "<=" ? x <= number : operator === ">" ? x > number : x >= number;
      });
    }
  }
  return { holds: (values, words) => terms.every((t) => t(values, words)), problem };
}

/** @param {Value} v @param {string} text in lower case @param {number} whole the number of the whole text, or NaN */
function same(v, text, whole) {
  if (v === null) return text === "none" || text === "–";
  if (String(v).toLowerCase() === text) return true;
  const n = Number.isNaN(whole) ? Number(text) : whole;
  return text !== "" && !Number.isNaN(n) && Math.abs(Number(v) - n) <= 1e-9 * Math.abs(n);
}

/** @param {Element} table @returns {HTMLElement} */
const scrollOf = (table) => /** @type {HTMLElement} */ (table.closest(".scroll"));

const rowsAtOnce = 120; // laid out within 100 ms, whatever the number of trials

/** One table of the page whose rows can be sorted and, if it has an island, filtered. */
class Table {
  /** @param {HTMLTableElement} table */
  constructor(table) {
    this.table = table;
    this.body = table.tBodies[0];
    /** @type {HTMLTableRowElement[]} */
    this.rows = [...this.body.rows];
    this.heads = $$("thead th", table);
    const el = $(`script.rows[data-table="${table.id}"]`), data = el && read(el);
    /** @type {Column[]} */
    this.columns = data ? data.columns : this.heads.map((th) => ({ key: th.textContent, name: th.textContent, text: th.classList.contains("t") }));
    /** @type {Value[][]} */
    this.values = data ? data.rows : this.rows.map((r) => [...r.cells].map((c) => valueOf(c.textContent || "")));
    this.axes = (data && data.axes) || [];
    /** @type {string[] | null} */
    this.words = null;
    /** @type {Map<string, (i: number) => boolean>} */
    this.filters = new Map();
    /** @type {boolean[]} */
    this.shown = this.rows.map(() => true);
    /** @type {(() => void)[]} */
    this.listeners = [];
    this.order = this.rows.map((_, i) => i);
    this.most = rowsAtOnce; // of the rows that are shown, so many stand in the page; scrolling adds more
    this.by = -1;
    this.down = false;
    this.heads.forEach((th, c) => {
      const mark = make("span", { "aria-hidden": "true", class: "arrow made" });
      const button = make("button", { type: "button", class: "sort", onclick: () => this.sort(c) }, ...th.childNodes, mark);
      th.append(button);
    });
    if (data) this.tools();
  }

  /** Sorts by a column: ascending, then descending, then as it was. @param {number} c */
  sort(c) {
    if (this.by !== c) [this.by, this.down] = [c, false];
    else if (!this.down) this.down = true;
    else this.by = -1;
    const order = this.rows.map((_, i) => i);
    if (this.by >= 0) {
      const v = this.values, sign = this.down ? -1 : 1;
      order.sort((a, b) => (v[a][c] === null || v[b][c] === null ? compare(v[a][c], v[b][c]) : sign * compare(this.cell(a, c), this.cell(b, c))) || a - b);
    }
    this.order = order;
    this.render();
    this.heads.forEach((th, k) => {
      const on = k === this.by;
      if (on) th.setAttribute("aria-sort", this.down ? "descending" : "ascending"); else th.removeAttribute("aria-sort");
      $(".arrow", th).textContent = on ? (this.down ? " ▼" : " ▲") : "";
    });
  }

  /** Puts the first rows that are shown into the table. @param {number} [most] */
  render(most = rowsAtOnce) {
    this.most = most;
    const rows = this.order.filter((i) => this.shown[i]).slice(0, most).map((i) => this.rows[i]);
    this.body.replaceChildren(...rows);
  }

  /** What a cell is sorted by: seeds are texts of digits. @param {number} i @param {number} c */
  cell(i, c) { return this.columns[c].text ? this.values[i][c] : valueOf(String(this.values[i][c])); }

  /** Shows only the rows for which all filters hold. @param {string} name @param {((i: number) => boolean) | null} holds */
  filter(name, holds) {
    if (holds) this.filters.set(name, holds); else this.filters.delete(name);
    const all = [...this.filters.values()];
    this.shown = this.rows.map((_, i) => all.every((f) => f(i)));
    this.render();
    const n = this.shown.filter(Boolean).length;
    this.status.textContent = n === this.rows.length ? count(n, "row") : `${n.toLocaleString("en")} of ${count(this.rows.length, "row")}`;
    for (const l of this.listeners) l();
  }

  /** Filters by what somebody has written. @param {string} text */
  search(text) {
    const { holds, problem } = parseFilter(text, this.columns);
    this.words ||= this.rows.map((r) => [...r.cells].map((c) => c.textContent).join(" ").toLowerCase());
    const words = this.words;
    this.problem.textContent = problem;
    this.problem.hidden = problem === "";
    this.input.setAttribute("aria-invalid", String(problem !== ""));
    this.filter("text", text.trim() === "" ? null : (i) => holds(this.values[i], words[i]));
  }

  tools() {
    const number = this.columns.find((c) => c.key.startsWith("val/")) || this.columns[0], state = this.columns.find((c) => c.key === "state");
    const all = this.values.map((r) => r[this.columns.indexOf(number)]).filter((v) => typeof v === "number").sort(compare);
    const search = searchField("Filter", `${number.key} < ${brief(/** @type {any} */ (all[all.length >> 1] ?? 1))}${state ? " state=complete" : ""}`, (text) => this.search(text));
    this.input = search.input;
    this.status = make("span", { role: "status", class: "soft" });
    this.problem = make("p", { class: "warn made", role: "alert", hidden: true, id: newID("problem") });
    search.input.setAttribute("aria-describedby", this.problem.id);
    const copied = make("span", { role: "status", class: "soft" });
    const boxes = this.columns.map((c, k) => make("label", {}, make("input", { type: "checkbox", checked: true, onchange: (/** @type {any} */ e) => this.column(k, e.target.checked) }), ` ${c.name}`));
    this.bar = make("div", { class: "tools made" }, search.field, this.status,
      make("details", { class: "chooser" }, make("summary", {}, "Columns"), make("div", { role: "group", "aria-label": "Columns that are shown" }, ...boxes)),
      make("button", { type: "button", onclick: async () => { copied.textContent = (await copy(this.csv())) ? "Copied." : "The browser does not let the page copy."; } }, "Copy as CSV"), copied);
    const box = scrollOf(this.table);
    box.before(this.bar, this.problem);
    box.classList.add("tall");
    box.addEventListener("scroll", () => {
      if (this.most < this.rows.length && box.scrollTop + 2 * box.clientHeight > box.scrollHeight) this.render(2 * this.most);
    }, { passive: true });
    const print = (/** @type {boolean} */ on) => { // the whole table
      if (on) this.body.replaceChildren(...this.order.map((i) => this.rows[i])); else this.render();
    };
    matchMedia("print").addEventListener("change", (e) => print(e.matches));
    addEventListener("beforeprint", () => print(true));
    addEventListener("afterprint", () => print(false));
    const folded = this.table.closest("details");
    if (folded) folded.open = true; // what is tall scrolls by itself
    this.filter("text", null);
    cleared.push(() => { this.input.value = ""; this.search(""); });
  }

  /** @param {number} k @param {boolean} on */
  column(k, on) {
    for (const r of [.../** @type {any} */ (this.table.tHead).rows, ...this.rows]) r.cells[k].hidden = !on;
  }

  /** The rows and columns that are shown, with exact values. */
  csv() {
    const of = this.columns.map((_, k) => k).filter((k) => !this.heads[k].hidden);
    const cell = (/** @type {Value} */ v) => {
      let s = v === null ? "" : String(v);
      if (typeof v === "string" && /^[=+\-@\t\r]/.test(s) && Number.isNaN(Number(s))) s = `'${s}`; // no spreadsheet takes it for a formula
      return /[",\n\r]/.test(s) ? `"${s.replace(/"/g, '""')}"` : s;
    };
    const lines = this.order.filter((i) => this.shown[i]).map((i) => of.map((k) => cell(this.values[i][k])).join(","));
    return [of.map((k) => cell(this.columns[k].key)).join(","), ...lines].join("\n") + "\n";
  }

  /** Marks one row and scrolls to it, without moving the page. @param {number} i */
  reveal(i) {
    for (const r of this.rows) r.classList.remove("picked");
    const row = this.rows[i], box = scrollOf(this.table);
    row.classList.add("picked");
    if (!row.isConnected) this.render(Infinity);
    box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
  }
}

/** Puts a text on the clipboard. @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { class: "unseen" }); // where the page may not write to it by itself
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

// ---- Parallel coordinates: ranges on each axis choose the trials ----

/** @typedef {{column: number, scale: string, values?: string[], goal?: string, name: string, key: string, at: (number | null)[], low: number, high: number, stops: number[], brush: [number, number] | null, group: any, head: any, ends: any[]}} Axis */

const parallelSize = { top: 56, height: 260, foot: 44, side: 66, gap: 112 }; // pixels

/** @param {Table} table whose rows are the lines */
function parallel(table) {
  const { top, height, foot, side, gap } = parallelSize, bottom = top + height, whole = bottom + foot;
  /** @type {Axis[]} */
  const axes = table.axes.map((/** @type {any} */ a) => scaled(a, table));
  const metric = axes[axes.length - 1];
  const order = [...axes]; // from left to right
  const state = table.columns.findIndex((c) => c.key === "state");
  let width = 0;
  /** @type {number[]} */
  let xs = [];
  let over = -1; // the line under the pointer

  const lines = make("canvas", { "aria-hidden": "true" }), top2 = make("canvas", { "aria-hidden": "true" });
  const svg = make("svg:svg", { "aria-label": "Axes; each has two handles for the range that it lets through", role: "group" });
  const stage = make("div", { class: "stage" }, lines, top2, svg);
  const note = make("p", { class: "soft" }, `Each line is a trial; its colour is its ${metric.name} (${metric.goal === "maximize" ? "higher" : "lower"} is better). Drag along an axis to keep only what lies in that range; the table below follows. Drag a name to move its axis. With the keyboard, arrows move a handle or an axis.`);
  const reset = make("button", { type: "button", disabled: true, onclick: () => clear() }, "Clear ranges");
  const status = make("span", { role: "status", class: "soft" });
  const box = make("div", { class: "scroll parallel" }, stage);
  const section = make("section", { class: "made", "aria-labelledby": "made-parallel" }, make("h3", { id: "made-parallel" }, "Choose trials by their parameters"), note, box, make("div", { class: "tools" }, reset, status));

  /** @param {number | null} t @returns {number} what is missing lies below the axis */
  const yOf = (t) => (t === null ? bottom + 20 : bottom - t * height);
  const place = () => {
    width = Math.max(box.clientWidth - 2, 2 * side + gap * (order.length - 1));
    xs = order.map((_, i) => (order.length === 1 ? width / 2 : side + (i * (width - 2 * side)) / (order.length - 1)));
    svg.setAttribute("width", width);
    svg.setAttribute("height", whole);
    stage.style.width = `${width}px`;
    stage.style.height = `${whole}px`;
    order.forEach((a, i) => {
      a.group.setAttribute("transform", `translate(${xs[i]} 0)`);
      a.group.classList.toggle("last", i > 0 && i === order.length - 1); // its marks stand to the right
      a.head.style.left = `${xs[i]}px`;
      a.head.setAttribute("aria-label", `${a.name}: axis ${i + 1} of ${order.length}. Left and right arrows move it.`);
    });
    draw();
  };

  /** Strokes one row. @param {CanvasRenderingContext2D} c @param {number} i */
  const trace = (c, i) => {
    c.beginPath();
    order.forEach((a, k) => (k === 0 ? c.moveTo(xs[k], yOf(a.at[i])) : c.lineTo(xs[k], yOf(a.at[i]))));
    c.stroke();
  };
  const goodness = (/** @type {number} */ i) => {
    const t = metric.at[i];
    return t === null ? null : metric.goal === "maximize" ? t : 1 - t;
  };
  const drawn = table.rows.map((_, i) => i).sort((a, b) => (goodness(a) ?? -1) - (goodness(b) ?? -1)); // the best on top
  const draw = inFrame(() => {
    const c = fit(lines, width, whole), grey = colorOf("--line");
    c.lineWidth = 1;
    c.strokeStyle = grey;
    for (const i of drawn) if (!table.shown[i]) trace(c, i);
    const n = table.shown.filter(Boolean).length;
    c.globalAlpha = clamp(12 / Math.sqrt(n || 1), 0.35, 0.95);
    c.lineWidth = n > 200 ? 1 : 1.5;
    for (const i of drawn) {
      if (!table.shown[i]) continue;
      const good = goodness(i);
      c.setLineDash(good === null ? [4, 3] : []);
      c.strokeStyle = good === null ? colorOf("--soft") : shade(good);
      trace(c, i);
    }
    c.globalAlpha = 1;
    c.setLineDash([]);
    const x = xs[order.indexOf(metric)]; // the metric's axis is its own colour bar
    for (let k = 0; k < 52; k++) {
      c.fillStyle = shade(metric.goal === "maximize" ? 1 - k / 51 : k / 51);
      c.fillRect(x - 4, top + (k * height) / 52, 8, height / 52 + 0.5);
    }
    hover();
  });
  const hover = () => {
    const c = fit(top2, width, whole);
    if (over < 0) return;
    c.lineWidth = 5;
    c.strokeStyle = colorOf("--card");
    trace(c, over);
    c.lineWidth = 2.5;
    c.strokeStyle = colorOf("--ink");
    trace(c, over);
  };
  /** @param {number} i */
  const light = (i) => {
    if (i === over) return;
    if (over >= 0) table.rows[over].classList.remove("lit");
    over = i;
    if (i >= 0) table.rows[i].classList.add("lit");
    hover();
  };
  /** The shown line nearest to a place, within 9 pixels; -1 without one. @param {number} x @param {number} y */
  const nearest = (x, y) => {
    let k = xs.findIndex((v) => v > x) - 1;
    if (k < 0) k = x < xs[0] ? 0 : order.length - 2;
    const t = clamp((x - xs[k]) / (xs[k + 1] - xs[k] || 1), 0, 1);
    let best = -1, least = 9;
    table.rows.forEach((_, i) => {
      if (!table.shown[i]) return;
      const a = yOf(order[k].at[i]), far = Math.abs(a + t * (yOf(order[k + 1].at[i]) - a) - y);
      if (far < least) [best, least] = [i, far];
    });
    return best;
  };
  svg.addEventListener("pointermove", (/** @type {PointerEvent} */ e) => {
    if (e.buttons > 0 && e.pointerType === "mouse") return;
    const b = svg.getBoundingClientRect();
    const i = order.length > 1 ? nearest(e.clientX - b.left, e.clientY - b.top) : -1;
    light(i);
    if (i < 0) hideTip();
    else showTip(e.clientX, e.clientY, [`${table.columns[0].name} ${table.values[i][0]}`, ...order.map((a) => `${a.name}: ${textOf(table.values[i][a.column])}`), metric.at[i] === null && state >= 0 ? String(table.values[i][state]) : ""]);
  });
  svg.addEventListener("pointerleave", () => { light(-1); hideTip(); });
  svg.addEventListener("click", () => { if (over >= 0) table.reveal(over); });
  table.body.addEventListener("pointerover", (e) => light(table.rows.indexOf(/** @type {any} */ (e.target).closest("tr"))));
  table.body.addEventListener("pointerleave", () => light(-1));

  // Ranges.
  /** @param {Axis} a @param {[number, number] | null} range */
  const brush = (a, range) => {
    a.brush = range && (range[0] > 0 || range[1] < 1) ? range : null;
    showBrush(a, bottom, height);
    const set = axes.filter((o) => o.brush);
    reset.disabled = set.length === 0;
    table.filter("ranges", set.length === 0 ? null : (i) => set.every((o) => {
      const t = o.at[i], r = /** @type {[number, number]} */ (o.brush);
      return t !== null && t >= r[0] - 1e-9 && t <= r[1] + 1e-9;
    }));
    status.textContent = set.map((o) => `${o.name} ${rangeText(o)}`).join("; ");
  };
  const clear = () => { for (const a of axes) brush(a, null); };
  cleared.push(clear);

  for (const a of axes) {
    a.head = make("button", { type: "button", class: "axis" }, a.name);
    a.head.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
      if (!step) return;
      e.preventDefault();
      shift(order, a, order.indexOf(a) + step);
      place();
      say(`${a.name} is now axis ${order.indexOf(a) + 1} of ${order.length}`);
    });
    dragged(a.head, stage, (x) => {
      const to = xs.reduce((best, v, i) => (Math.abs(v - x) < Math.abs(xs[best] - x) ? i : best), 0);
      if (to !== order.indexOf(a)) { shift(order, a, to); place(); }
    });
    a.group = axisGroup(a, top, height, (range) => brush(a, range));
    svg.append(a.group);
    stage.append(a.head);
    showBrush(a, bottom, height);
  }
  (table.table.closest("details") || table.bar).before(section);
  const still = $("#parallel figcaption");
  if (still) still.append(make("a", { class: "made", href: "#made-parallel" }, "Choose trials on it"));
  place();
  new ResizeObserver(place).observe(box);
  table.listeners.push(draw);
  painted.push(draw);
}

/** Puts a at a place of its list. @param {Axis[]} order @param {Axis} a @param {number} to */
function shift(order, a, to) {
  if (to < 0 || to >= order.length) return;
  order.splice(order.indexOf(a), 1);
  order.splice(to, 0, a);
}

/** @param {Value} v */
const textOf = (v) => (typeof v === "string" ? v : brief(v));

/** Brings an axis's values to 0 (its foot) to 1, null where there is none. @param {any} a @param {Table} table @returns {Axis} */
function scaled(a, table) {
  const category = a.scale === "category", log = a.scale === "log";
  const raw = table.values.map((r) => {
    const v = r[a.column];
    if (category) return a.values.indexOf(String(v));
    return typeof v !== "number" || (log && v <= 0) ? null : log ? Math.log(v) : v;
  }).map((v) => (category && v !== null && v < 0 ? null : v));
  const there = raw.filter((v) => v !== null);
  let low = category ? 0 : Math.min(...there), high = category ? a.values.length - 1 : Math.max(...there);
  if (!(high > low)) [low, high] = there.length || category ? [low - 0.5, high + 0.5] : [0, 1];
  const at = raw.map((v) => (v === null ? null : (v - low) / (high - low)));
  const distinct = [...new Set(at.filter((t) => t !== null))].sort((x, y) => x - y);
  return { ...a, name: table.columns[a.column].name, key: table.columns[a.column].key, at, low, high, stops: distinct.length <= 30 ? distinct : [], brush: null, ends: [] };
}

/** The text of a place on an axis. @param {Axis} a @param {number} t */
function at(a, t) {
  const v = a.low + t * (a.high - a.low);
  if (a.scale === "category") return (a.values || [])[Math.round(v)] ?? "";
  return brief(a.scale === "log" ? Math.exp(v) : v);
}

/** @param {Axis} a */
const rangeText = (a) => (a.brush ? `from ${at(a, a.brush[0])} to ${at(a, a.brush[1])}` : "whole");

/** The marks of an axis: values where there are few, round numbers otherwise. @param {Axis} a @returns {number[]} */
function marksOf(a) {
  if (a.scale === "category") {
    const n = (a.values || []).length, every = Math.ceil(n / 14);
    return [...Array(n).keys()].filter((i) => i % every === 0).map((i) => (i - a.low) / (a.high - a.low));
  }
  if (a.stops.length > 0 && a.stops.length <= 7) return a.stops.filter((t, i) => i === 0 || a.stops.slice(0, i).every((s) => t - s > 0.045));
  const low = a.low, high = a.high, out = [];
  if (a.scale === "log") {
    const decades = (high - low) / Math.LN10, parts = decades > 3 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 3, 5, 7];
    for (let d = Math.floor(low / Math.LN10); d <= high / Math.LN10; d++) for (const p of parts) out.push(Math.log(p) + d * Math.LN10);
  } else {
    const raw = (high - low) / 5, unit = 10 ** Math.floor(Math.log10(raw)), step = unit * ([1, 2, 5, 10].find((k) => k * unit >= raw) || 10);
    for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) out.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  }
  return out.filter((v) => v >= low - 1e-12 && v <= high + 1e-12).map((v) => (v - low) / (high - low));
}

/**
 * Draws one axis with its two handles and lets a range be dragged on it.
 * @param {Axis} a @param {number} top @param {number} height @param {(range: [number, number] | null) => void} brush
 */
function axisGroup(a, top, height, brush) {
  const bottom = top + height, group = make("svg:g", { class: "parallel-axis" });
  group.append(make("svg:line", { y1: top, y2: bottom }));
  for (const t of marksOf(a)) {
    const text = at(a, t), y = bottom - t * height;
    group.append(make("svg:line", { x1: -4, x2: 0, y1: y, y2: y }), make("svg:text", { x: -12, y: y + 3.5 }, text.length > 16 ? `${text.slice(0, 15)}…` : text));
  }
  if (a.at.some((t) => t === null)) group.append(make("svg:text", { x: -12, y: bottom + 24 }, "none"));
  const hit = make("svg:rect", { class: "hit", x: -14, width: 28, y: top - 6, height: height + 12 });
  const range = make("svg:rect", { class: "range", x: -7, width: 14, visibility: "hidden" });
  group.append(range, hit);
  a.ends = [0, 1].map((end) => {
    const g = make("svg:g", { class: "handle", tabindex: 0, role: "slider", "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 100,
      "aria-label": `${a.name}, ${end ? "upper" : "lower"} end of the range` }, make("svg:rect", { x: -9, y: -3, width: 18, height: 6, rx: 2 }));
    g.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
      const now = a.brush ? [...a.brush] : [0, 1], was = now[end];
      const up = a.stops.find((t) => t > was + 1e-9) ?? 1, down = [...a.stops].reverse().find((t) => t < was - 1e-9) ?? 0, few = a.stops.length > 0;
      const to = { ArrowUp: few ? up : was + 0.02, ArrowRight: few ? up : was + 0.02, ArrowDown: few ? down : was - 0.02, ArrowLeft: few ? down : was - 0.02, PageUp: was + 0.1, PageDown: was - 0.1, Home: 0, End: 1 }[e.key];
      if (e.key === "Delete" || e.key === "Backspace") { e.preventDefault(); brush(null); return; }
      if (to === undefined) return;
      e.preventDefault();
      now[end] = clamp(to, end ? now[0] : 0, end ? 1 : now[1]);
      brush([now[0], now[1]]);
    });
    group.append(g);
    return g;
  });
  const place = (/** @type {PointerEvent} */ e) => clamp((bottom - (e.clientY - group.ownerSVGElement.getBoundingClientRect().top)) / height, 0, 1);
  let from = 0, moved = false, down = false;
  /** @param {number} start what stays while the other end moves @param {PointerEvent} e */
  const begin = (start, e) => {
    [from, moved, down] = [start, false, true];
    hit.setPointerCapture(e.pointerId);
    e.preventDefault();
  };
  hit.addEventListener("pointerdown", (/** @type {PointerEvent} */ e) => begin(place(e), e));
  a.ends.forEach((g, end) => g.addEventListener("pointerdown", (/** @type {PointerEvent} */ e) => {
    begin((a.brush || [0, 1])[end ? 0 : 1], e);
    g.focus();
  }));
  hit.addEventListener("pointermove", (/** @type {PointerEvent} */ e) => {
    if (!down) return;
    const t = place(e);
    moved ||= Math.abs(t - from) * height > 4;
    if (moved) brush([Math.min(from, t), Math.max(from, t)]);
  });
  hit.addEventListener("pointerup", (/** @type {PointerEvent} */ e) => {
    if (down && !moved && e.target === hit && !a.ends.includes(document.activeElement)) brush(null);
    down = false;
  });
  hit.addEventListener("dblclick", () => brush(null));
  return group;
}

/** @param {Axis} a @param {number} bottom @param {number} height */
function showBrush(a, bottom, height) {
  const [low, high] = a.brush || [0, 1], range = $(".range", a.group);
  range.setAttribute("visibility", a.brush ? "visible" : "hidden");
  range.setAttribute("y", String(bottom - high * height));
  range.setAttribute("height", String(Math.max(1, (high - low) * height)));
  a.ends.forEach((g, end) => {
    const t = end ? high : low;
    g.setAttribute("transform", `translate(0 ${bottom - t * height + (end ? -4 : 4)})`);
    g.setAttribute("aria-valuenow", String(Math.round(100 * t)));
    g.setAttribute("aria-valuetext", at(a, t));
  });
}

/** Follows a pointer that drags an element over a stage. @param {HTMLElement} el @param {HTMLElement} stage @param {(x: number) => void} to */
function dragged(el, stage, to) {
  el.addEventListener("pointerdown", (e) => { el.setPointerCapture(e.pointerId); });
  el.addEventListener("pointermove", (e) => { if (el.hasPointerCapture(e.pointerId)) to(e.clientX - stage.getBoundingClientRect().left); });
}

// ---- The map of the embedding: a word, its place, its neighbours ----

/** @param {HTMLScriptElement} el the island of vectors */
function explorer(el) {
  const data = read(el), n = data.symbols.length, dim = data.dim;
  const maps = data.maps.map((/** @type {any} */ m) => ({ name: m.name, note: m.note, xy: new Uint16Array(bytesOf(m.xy).buffer) }));
  let map = maps[0], picked = -1, over = -1;
  /** @type {number[]} */
  let near = [];
  const view = { x: 32767, y: 32767, zoom: 1 };
  let width = 0, height = 0;

  const canvas = make("canvas", { tabindex: 0, role: "application", "aria-label": "Map of the symbols. Arrow keys move it, plus and minus zoom, 0 shows all. Look a symbol up in the field above." });
  const options = make("datalist", { id: newID("symbols") });
  const search = searchField(dim > 0 && n > 100 ? "Look a word up" : "Look a symbol up", data.symbols[Math.min(n - 1, 7)], (text) => typed(text));
  search.input.setAttribute("list", options.id);
  const found = make("span", { role: "status", class: "soft" });
  const choice = make("select", { "aria-label": "Map", onchange: () => { show(maps[choice.selectedIndex]); all(); } }, ...maps.map((/** @type {any} */ m) => make("option", {}, m.name)));
  const button = (/** @type {string} */ text, /** @type {string} */ label, /** @type {() => void} */ f) => make("button", { type: "button", "aria-label": label, title: label, onclick: f }, text);
  const list = make("ol", {}), listTitle = make("p", { class: "soft" });
  const side = make("div", { class: "near", hidden: true }, listTitle, list);
  const note = make("p", { class: "soft" });
  const classes = make("p", { class: "soft classes" }, ...data.classes.map((/** @type {any} */ c, /** @type {number} */ k) => {
    const dot = make("i", { "aria-hidden": "true" });
    painted.push(() => { dot.style.background = classColor(k); });
    return make("span", {}, dot, c.name);
  }));
  const section = make("section", { class: "explorer made", "aria-labelledby": "made-explorer" }, make("h3", { id: "made-explorer" }, "Look a symbol up on the map"),
    make("div", { class: "tools" }, search.field, options, maps.length > 1 ? choice : "", button("+", "Zoom in", () => zoom(1.5)), button("−", "Zoom out", () => zoom(1 / 1.5)), button("Reset", "Reset: show the whole map", () => all()), found),
    make("div", { class: "map" }, canvas, side), classes, note);
  $$(":scope > figure, :scope > details", /** @type {any} */ (el.parentElement)).pop().after(section);

  /** @param {number} k */
  const classColor = (k) => (data.classes[k].color === "#000000" ? colorOf("--ink") : data.classes[k].color);
  /** @param {any} m */
  const show = (m) => {
    map = m;
    choice.selectedIndex = maps.indexOf(m);
    note.textContent = [`${data.title}. ${m.note}`, data.note].join(" ");
    draw();
  };
  const scale = () => (Math.min(width, height) * 0.94 * view.zoom) / 65535;
  const screen = (/** @type {number} */ i) => [(map.xy[2 * i] - view.x) * scale() + width / 2, height / 2 - (map.xy[2 * i + 1] - view.y) * scale()];
  const onMap = () => Math.min(n, map.xy.length / 2);

  const draw = inFrame(() => {
    width = canvas.parentElement.clientWidth - (side.hidden || innerWidth < 640 ? 0 : 220);
    height = Math.round(clamp(width * 0.72, 280, 520));
    const c = fit(canvas, width, height), s = scale(), ox = width / 2 - view.x * s, oy = height / 2 + view.y * s;
    const few = onMap() <= 100, r = few ? 3.5 : clamp(1.1 * Math.sqrt(view.zoom), 1.3, 3.5);
    c.globalAlpha = few ? 1 : 0.7;
    for (let k = 0; k < data.classes.length; k++) {
      c.fillStyle = classColor(k);
      for (let i = onMap() - 1; i >= 0; i--) {
        if (data.of[i] !== k) continue;
        const x = map.xy[2 * i] * s + ox, y = oy - map.xy[2 * i + 1] * s;
        if (x > -4 && y > -4 && x < width + 4 && y < height + 4) c.fillRect(x - r, y - r, 2 * r, 2 * r);
      }
    }
    c.globalAlpha = 1;
    labels(c);
  });
  /** Writes names where there is room: first what was chosen, then by frequency. @param {CanvasRenderingContext2D} c */
  const labels = (c) => {
    const ink = colorOf("--ink"), ground = colorOf("--card"), accent = colorOf("--accent");
    /** @type {number[][]} */
    const taken = [];
    const write = (/** @type {number} */ i, /** @type {boolean} */ always, /** @type {string} */ color) => {
      const [x, y] = screen(i);
      if (i >= onMap() || x < 0 || y < 0 || x > width || y > height) return;
      const w = c.measureText(data.symbols[i]).width, box = [x + w + 9 > width ? x - w - 6 : x + 6, y - 7, w + 2, 14];
      if (!always && taken.some((b) => box[0] < b[0] + b[2] && b[0] < box[0] + box[2] && box[1] < b[1] + b[3] && b[1] < box[1] + box[3])) return;
      taken.push(box);
      c.strokeStyle = ground;
      c.lineWidth = 3;
      c.strokeText(data.symbols[i], box[0], y + 4);
      c.fillStyle = color;
      c.fillText(data.symbols[i], box[0], y + 4);
    };
    c.lineJoin = "round";
    c.font = "bold 13px system-ui, sans-serif";
    const chosen = picked < 0 ? [] : [picked, ...near];
    for (const i of chosen) {
      const [x, y] = screen(i);
      if (i >= onMap()) continue;
      c.strokeStyle = accent;
      c.lineWidth = i === picked ? 3 : 1.5;
      c.beginPath();
      c.arc(x, y, i === picked ? 8 : 5, 0, 2 * Math.PI);
      c.stroke();
      write(i, i === picked, i === picked ? accent : ink);
    }
    c.font = "12px system-ui, sans-serif";
    for (let i = 0, tried = 0; i < onMap() && taken.length < 130 && tried < 900; i++) {
      const [x, y] = screen(i);
      if (x < 0 || y < 0 || x > width || y > height || chosen.includes(i)) continue;
      tried++;
      write(i, false, ink);
    }
  };
  /** @param {number} by @param {number} [x] a place of the canvas that stays where it is @param {number} [y] */
  const zoom = (by, x = width / 2, y = height / 2) => {
    const before = scale();
    view.zoom = clamp(view.zoom * by, 0.5, 200);
    view.x += (x - width / 2) * (1 / before - 1 / scale());
    view.y -= (y - height / 2) * (1 / before - 1 / scale());
    draw();
  };
  /** @param {number} x pixels @param {number} y */
  const pan = (x, y) => {
    view.x = clamp(view.x - x / scale(), 0, 65535);
    view.y = clamp(view.y + y / scale(), 0, 65535);
    draw();
  };
  const all = () => { [view.x, view.y, view.zoom] = [32767, 32767, 1]; draw(); };

  /** @type {Float32Array | null} */
  let vectors = null; // of length 1, unless there are only one or two numbers
  const loaded = () => {
    if (vectors) return vectors;
    const raw = bytesOf(data.vectors).buffer;
    const scales = data.scales ? new Float32Array(bytesOf(data.scales).buffer) : null, whole = scales ? new Int8Array(raw) : new Float32Array(raw);
    vectors = new Float32Array(whole.length);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let k = 0; k < dim; k++) sum += whole[i * dim + k] ** 2;
      const by = dim > 2 ? 1 / Math.sqrt(sum) : scales ? scales[i] : 1; // NaN where a vector is 0
      for (let k = 0; k < dim; k++) vectors[i * dim + k] = whole[i * dim + k] * by;
    }
    return vectors;
  };
  /** The ten nearest in all dimensions: by cosine, or by distance in one or two. @param {number} of @returns {{i: number, value: number}[]} */
  const neighbors = (of) => {
    const v = loaded(), out = [];
    for (let i = 0; i < n; i++) {
      let value = 0;
      for (let k = 0; k < dim; k++) {
        const a = v[i * dim + k], b = v[of * dim + k];
        value += dim > 2 ? a * b : (a - b) ** 2;
      }
      if (i !== of && !Number.isNaN(value)) out.push({ i, value: dim > 2 ? clamp(value, -1, 1) : Math.sqrt(value) });
    }
    out.sort((a, b) => (dim > 2 ? b.value - a.value : a.value - b.value) || a.i - b.i);
    return out.slice(0, 10);
  };
  /** Centres and marks one symbol; -1 marks none. @param {number} i */
  const pick = (i) => {
    picked = i;
    near = [];
    found.textContent = "";
    side.hidden = i < 0;
    if (i >= 0) {
      const ten = neighbors(i);
      near = ten.map((o) => o.i);
      listTitle.textContent = `Nearest to ${data.symbols[i]} by ${dim > 2 ? "cosine similarity" : "distance"} in all ${dim} dimension${dim === 1 ? "" : "s"}${data.counts ? `; seen ${count(data.counts[i], "time")}` : ""}`;
      list.replaceChildren(...ten.map((o) => make("li", {}, make("button", { type: "button", class: "plain", onclick: () => { search.input.value = data.symbols[o.i]; pick(o.i); } }, data.symbols[o.i]), make("span", {}, o.value.toFixed(3).replace("-", "−")))));
      if (i >= onMap()) {
        show(maps[maps.length - 1]);
        found.textContent = `Only the map by ${map.name} has it.`;
      }
      [view.x, view.y] = [map.xy[2 * i], map.xy[2 * i + 1]];
      if (n > 100) view.zoom = Math.max(view.zoom, 4);
      say(`${data.symbols[i]}. Nearest: ${ten.map((o) => data.symbols[o.i]).join(", ")}`);
    }
    draw();
  };
  const lower = data.symbols.map((/** @type {string} */ s) => s.toLowerCase());
  const index = new Map(data.symbols.map((/** @type {string} */ s, /** @type {number} */ i) => [s, i]).reverse());
  /** @param {string} text */
  const typed = (text) => {
    const t = text.trim().toLowerCase();
    /** @type {number[]} */
    const begin = [];
    for (let i = 0; t !== "" && i < n && begin.length < 12; i++) if (lower[i].startsWith(t)) begin.push(i);
    options.replaceChildren(...begin.map((i) => make("option", { value: data.symbols[i] })));
    const i = index.get(text.trim()) ?? (lower[begin[0]] === t ? begin[0] : -1);
    if (i !== picked) pick(i);
    if (t !== "" && i < 0) found.textContent = begin.length > 0 ? `${begin.length === 12 ? "Many" : begin.length} begin so; Enter takes ${data.symbols[begin[0]]}.` : "Not in the vocabulary.";
  };
  search.input.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
    if (e.key !== "Enter" || picked >= 0 || options.children.length === 0) return;
    e.preventDefault();
    search.input.value = /** @type {any} */ (options.children[0]).value;
    typed(search.input.value);
  });
  cleared.push(() => { if (picked >= 0) { search.input.value = ""; pick(-1); } });

  // Pointers: drag moves, two fingers or the wheel (once the map has the focus, or with Ctrl) zoom, a click chooses.
  /** @type {Map<number, number[]>} */
  const down = new Map();
  let travelled = 0;
  const under = (/** @type {PointerEvent} */ e) => {
    const b = canvas.getBoundingClientRect(), x = e.clientX - b.left, y = e.clientY - b.top;
    let best = -1, least = 12 * 12;
    for (let i = 0; i < onMap(); i++) {
      const p = screen(i), far = (p[0] - x) ** 2 + (p[1] - y) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  };
  canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ e) => {
    canvas.setPointerCapture(e.pointerId);
    down.set(e.pointerId, [e.clientX, e.clientY]);
    travelled = 0;
    hideTip();
  });
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ e) => {
    const was = down.get(e.pointerId);
    if (!was) {
      over = under(e);
      canvas.style.cursor = over < 0 ? "grab" : "pointer";
      if (over < 0) hideTip(); else showTip(e.clientX, e.clientY, [data.symbols[over], data.classes[data.of[over]].name, data.counts ? `seen ${count(data.counts[over], "time")}` : ""]);
      return;
    }
    const others = [...down].filter(([id]) => id !== e.pointerId).map(([, p]) => p);
    travelled += Math.hypot(e.clientX - was[0], e.clientY - was[1]);
    if (others.length > 0) {
      const far = (/** @type {number[]} */ p) => Math.hypot(p[0] - others[0][0], p[1] - others[0][1]), b = canvas.getBoundingClientRect();
      zoom(far([e.clientX, e.clientY]) / (far(was) || 1), (e.clientX + others[0][0]) / 2 - b.left, (e.clientY + others[0][1]) / 2 - b.top);
    } else pan(e.clientX - was[0], e.clientY - was[1]);
    down.set(e.pointerId, [e.clientX, e.clientY]);
  });
  const release = (/** @type {PointerEvent} */ e) => {
    const clicked = down.delete(e.pointerId) && travelled < 5 && e.type === "pointerup" ? under(e) : -1;
    if (clicked < 0) return;
    search.input.value = data.symbols[clicked];
    pick(clicked);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("wheel", (/** @type {WheelEvent} */ e) => {
    if (!e.ctrlKey && document.activeElement !== canvas) return; // the page scrolls
    e.preventDefault();
    const b = canvas.getBoundingClientRect();
    zoom(2 ** (-clamp(e.deltaY, -120, 120) / 240), e.clientX - b.left, e.clientY - b.top);
  }, { passive: false });
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
    const move = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[e.key];
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (move) pan(move[0], move[1]);
    else if (e.key === "+" || e.key === "=") zoom(1.5);
    else if (e.key === "-") zoom(1 / 1.5);
    else if (e.key === "0") all();
    else return;
    e.preventDefault();
  });
  new ResizeObserver(draw).observe(section);
  painted.push(draw);
  show(map);
}

// ---- Colours of the page, keys ----

/**
 * What the browser remembers of the colours, if it lets us: "dark", "light", or "" to do as the system does.
 * @param {string} [value] to be remembered @returns {string}
 */
function theme(value) {
  try {
    if (value !== undefined) localStorage.setItem("sweep-theme", value);
    return localStorage.getItem("sweep-theme") || "";
  } catch {
    return "";
  }
}

const keys = [["/", "the search field that is nearest"], ["Esc", "clears a field; outside of fields, everything that was chosen"], ["arrows", "in a figure: from point to point; on the map: move it; on a handle or an axis: move that"],
  ["+ − 0", "on the map: nearer, further, all"], ["Shift + click", "on a series: only that one"], ["?", "these keys"]];

function controls() {
  const help = make("dialog", { class: "made", "aria-label": "Keys" }, make("h2", {}, "Keys"), make("dl", {}, ...keys.flatMap(([k, what]) => [make("dt", {}, make("kbd", {}, k)), make("dd", {}, what)])),
    make("form", { method: "dialog" }, make("button", {}, "Close")));
  const paint = () => {
    dark.setAttribute("aria-pressed", String(isDark()));
    for (const f of painted) f();
  };
  const dark = make("button", { type: "button", onclick: () => {
    const want = isDark() ? "light" : "dark", system = darkSystem.matches ? "dark" : "light";
    theme(document.documentElement.dataset.theme = want === system ? "" : want);
    paint();
  } }, "Dark");
  document.documentElement.dataset.theme = theme();
  $("header").prepend(make("div", { class: "controls made" }, dark, make("button", { type: "button", onclick: () => help.showModal() }, "Keys")));
  document.body.append(tip, voice, help);
  darkSystem.addEventListener("change", paint);
  document.addEventListener("keydown", (e) => {
    const target = /** @type {HTMLElement} */ (e.target);
    if (e.defaultPrevented || e.ctrlKey || e.altKey || e.metaKey || target.matches("input, select, textarea") || help.open) return;
    if (e.key === "Escape") for (const f of cleared) f();
    else if (e.key === "?") help.showModal();
    else if (e.key === "/") {
      const far = (/** @type {Element} */ el) => Math.abs(el.getBoundingClientRect().top - innerHeight / 2);
      const fields = $$('input[type="search"]').filter((el) => el.offsetParent !== null).sort((a, b) => far(a) - far(b));
      if (fields.length > 0) fields[0].focus();
    } else return;
    e.preventDefault();
  });
  addEventListener("scroll", hideTip, { passive: true });
  paint();
}

const tables = $$("#table-configurations, #table-trials, #table-baselines, #table-failures").map((t) => new Table(t));
for (const t of tables) if (t.axes.length > 2) parallel(t); // the last axis is the metric
for (const el of $$("script.chart")) chart(el);
for (const el of $$("script.explorer")) explorer(el);
controls();
document.documentElement.dataset.ready = "true";
})();
