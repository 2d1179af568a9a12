// Everything here is optional: the page reads the same without it.
"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const status = document.getElementById("status");
  const say = (text) => { status.textContent = ""; setTimeout(() => { status.textContent = text; }, 50); };
  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  // Outside the page nothing says what its colours' names stand for.
  const hidden = (text) => element("span", { className: "visually-hidden", textContent: text });
  const button = (label, of, act) => {
    const made = element("button", { type: "button" }, label, hidden(" " + of));
    made.addEventListener("click", () => act(made));
    return made;
  };
  const save = (name, type, content) => {
    const link = element("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  // From a file, browsers may refuse the clipboard; a selected text area still serves.
  const copy = async (text, what) => {
    try { await navigator.clipboard.writeText(text); } catch {
      const area = element("textarea", { value: text, className: "visually-hidden" });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say(what + " copied");
  };
  root.classList.add("js");

  // A cell has its exact value beside its text where the two differ.
  const value = (cell) => cell.dataset.value ?? (cell.querySelector("code") ?? cell).textContent;

  // Tables as CSV: every row in the order shown, exact values, the tables' own column names.
  const quoted = (text) => (/[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);
  const csv = (table) => {
    const head = all("thead th", table).map((cell) => cell.dataset.name);
    const body = all("tbody tr", table).map((row) => [...row.cells].map(value));
    return [head, ...body].map((row) => row.map(quoted).join(",") + "\r\n").join("");
  };
  const saveTable = (table) => {
    save(table.dataset.file + ".csv", "text/csv", csv(table));
    say("Table downloaded");
  };

  // Long tables come compressed; the browser itself unpacks them.
  const savePack = async (pack) => {
    const bytes = Uint8Array.from(atob(pack.textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    save(pack.dataset.file + ".csv", "text/csv", await new Response(stream).blob());
    say("Data downloaded");
  };

  const number = (text) => ({ "": NaN, true: 1, false: 0, inf: Infinity, "-inf": -Infinity })[text] ?? Number(text);
  const compare = (numeric, sign) => (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");  // Missing values stay last.
    return sign * (numeric ? number(a) - number(b) || 0 : a.localeCompare(b, "en", { numeric: true }));
  };
  const sort = (table, header) => {
    const descending = header.getAttribute("aria-sort") === "ascending";
    const order = compare(header.classList.contains("number"), descending ? -1 : 1);
    const key = (row) => value(row.cells[header.cellIndex]);
    all("thead th", table).forEach((other) => other.setAttribute("aria-sort", "none"));
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    table.tBodies[0].append(...[...table.rows].slice(1).sort((a, b) => order(key(a), key(b))));
    say("Sorted by " + header.textContent.trim() + (descending ? ", descending" : ", ascending"));
  };
  const filter = (table, words, count) => {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...table.tBodies[0].rows];
    rows.forEach((row) => {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
    });
    count.textContent = rows.filter((row) => !row.hidden).length + " of " + rows.length + " rows";
  };
  all("table[data-file]").forEach((table) => {
    const caption = table.caption.textContent.trim();
    all("thead th", table).forEach((header) => {
      const trigger = element("button", { type: "button" }, ...header.childNodes);
      trigger.addEventListener("click", () => sort(table, header));
      header.append(trigger);
      header.setAttribute("aria-sort", "none");
    });
    const tools = element("div", { className: "tools" },
      button("Copy CSV", "of " + caption, () => copy(csv(table), "Table")),
      button("Download CSV", "of " + caption, () => saveTable(table)),
      element("span", { className: "muted", textContent: "Headings sort." }));
    const region = table.closest(".scroll");
    region.after(tools);
    if (table.dataset.filter !== undefined) {
      const box = element("input", { type: "search", placeholder: "softmax diverged" });
      const count = element("span", { className: "muted" });
      count.setAttribute("role", "status");
      box.addEventListener("input", () => filter(table, box.value, count));
      region.before(element("div", { className: "tools" }, element("label", {}, "Filter rows ", box), count));
    }
  });

  all("td[data-copy]").forEach((cell) => {
    const made = button("Copy", "the command", () => copy(value(cell), "Command"));
    made.className = "copy";
    cell.prepend(made, " ");
  });

  all("figure[id]").forEach((figure) => {
    const drawing = figure.querySelector(".drawing svg");
    if (!drawing) return;
    const title = figure.querySelector(".figure-title").firstChild.textContent.trim();
    const name = figure.id.replace(/^figure-/, "");
    const tools = element("div", { className: "tools" }, button("Download SVG", "of " + title, () => {
      save(name + ".svg", "image/svg+xml", new XMLSerializer().serializeToString(drawing));
      say("Figure downloaded");
    }));
    const data = document.getElementById(figure.dataset.table || "");
    const pack = figure.querySelector(".pack");
    if (pack) tools.append(button("Download data", "of " + title, () => savePack(pack)));
    if (data) tools.append(button("Download data", "of " + title, () => saveTable(data.querySelector("table"))));
    figure.append(tools);
  });

  // One legend hides a loss in every figure and table. The link says what is hidden, after the place.
  const hash = () => {
    try { return decodeURIComponent(location.hash.slice(1)); } catch { return ""; }
  };
  const [there, query = ""] = hash().split("?hide=");
  let place = there;
  const style = element("style");
  document.head.append(style);
  const boxes = all(".legend input");
  const apply = () => {
    const off = boxes.filter((box) => !box.checked).map((box) => box.value);
    style.textContent = off.map((loss) => `[data-loss="${loss}"] { display: none }`).join("\n");
    const link = place + (off.length ? "?hide=" + off.join(",") : "");
    if (link !== location.hash.slice(1)) history.replaceState(null, "", "#" + link);
  };
  const show = (shown) => {
    boxes.forEach((box) => { box.checked = shown(box.value); });
    apply();
  };
  boxes.forEach((box) => {
    box.disabled = false;
    box.addEventListener("change", () => {
      apply();
      say(box.labels[0].textContent.trim() + (box.checked ? " shown" : " hidden"));
    });
  });
  const pair = document.querySelector(".legend").dataset.pair.split(" ");
  if (boxes.length > pair.length) {
    document.querySelector(".legend").append(element("div", { className: "tools" },
      button("Only the pair", "of the answer", () => { show((loss) => pair.includes(loss)); say("Other losses hidden"); }),
      button("All", "losses", () => { show(() => true); say("All losses shown"); })));
  }
  show((loss) => !query.split(",").includes(loss));

  // The contents stand open beside the text and folded above it; links open what is folded.
  const side = document.querySelector(".side");
  const wide = matchMedia("(min-width: 68rem)");
  const fold = () => { side.open = wide.matches; };
  wide.addEventListener("change", fold);
  fold();
  const reveal = () => {
    place = hash().split("?hide=")[0];
    apply();
    const target = place && document.getElementById(place);
    if (!target) return;
    const inside = target.matches("main > section") ? [] : all("details", target);
    inside.concat(target.closest("details") ?? []).forEach((details) => { details.open = true; });
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  // The contents mark the section that is read: what stands a sixth below the top, where links lead.
  const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
    const link = document.querySelector(`nav a[href="#${entry.target.id}"]`);
    if (entry.isIntersecting) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }), { rootMargin: "-15% 0% -80%" });
  all("main > section").forEach((section) => seen.observe(section));
  const regions = () => all(".scroll").forEach((region) => {
    const overflows = region.scrollWidth > region.clientWidth || region.scrollHeight > region.clientHeight;
    region.toggleAttribute("tabindex", overflows);
    if (overflows) region.tabIndex = 0;
  });
  addEventListener("resize", regions);
  all("details").forEach((details) => details.addEventListener("toggle", regions));
  (window.requestIdleCallback ?? setTimeout)(regions);
})();
