// What the console does better with a script. Every job works without it.
(() => {
  const live = document.getElementById("live");
  const say = (text) => {
    if (live) live.textContent = text;
  };

  // Copy: data-copy holds the text, data-copy-from the id of the element that does.
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copyFrom ?? "");
    const text = button.dataset.copy ?? source?.value ?? source?.textContent ?? "";
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      say("Copied");
    } catch {
      // The clipboard is for secure pages: elsewhere the text is selected, for the person to copy.
      const area = document.createElement("textarea");
      area.value = text;
      area.setAttribute("aria-label", "Text to copy");
      button.after(area);
      area.select();
      const done = document.execCommand("copy");
      if (done) area.remove();
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      say(button.textContent);
    }
    setTimeout(() => (button.textContent = before), 1600);
  };

  const theme = () => {
    const root = document.documentElement;
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.dataset.theme ?? (dark ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch { /* it then holds for this page */ }
    say(`${root.dataset.theme} theme`);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.id === "theme") theme();
    else if (button.dataset.copy !== undefined || button.dataset.copyFrom) copy(button);
  });

  // A list is found anew as soon as a filter is chosen by mouse or finger. At the keyboard an arrow key chooses at once, and
  // nobody wants a page for each: there the button Find, or Enter, finds.
  let pointed = null;
  document.addEventListener("pointerdown", (event) => (pointed = event.target));
  document.addEventListener("keydown", () => (pointed = null), true);
  document.addEventListener("change", (event) => {
    const filter = event.target;
    if (pointed === filter && filter.matches(".toolbar select:not(.keep)")) filter.form.requestSubmit();
  });

  // A form that changes something is sent once, however often its button is pressed; when no page comes, after a while again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
  addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));

  // What has the focus is seen whole: a browser is content with a part of it at the edge of a wide table.
  document.addEventListener("focusin", (event) => {
    const inside = event.target.parentElement?.closest(".scroll, .bare-scroll");
    if (inside && event.target.matches(":focus-visible")) event.target.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  // Who sends a search stays where they were: the page that comes has the same field.
  const place = "field in use";
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const field = document.activeElement;
    if (!form.matches(".toolbar") || !form.contains(field)) return;
    try {
      sessionStorage.setItem(place, field.name || field.textContent.trim());
    } catch { /* then the page begins at its top */ }
  });
  const back = () => {
    try {
      const name = sessionStorage.getItem(place);
      sessionStorage.removeItem(place);
      const fields = name ? [...document.querySelectorAll(".toolbar :is(input, select, button)")] : [];
      return fields.find((field) => (field.name || field.textContent.trim()) === name);
    } catch {
      return undefined;
    }
  };

  // Keys: "/" goes to the search, "n" makes a new one. They can be turned off, and never fire while somebody types.
  const keysAreOff = () => {
    try {
      return localStorage.getItem("keys") === "off";
    } catch {
      return false;
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keysAreOff()) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("a")) target.click();
    else target.focus();
  });

  // A link field offers rows that fit what is typed; without a script it offers the first hundred.
  let waiting;
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.dataset?.search) return;
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const several = field.dataset.several !== undefined;
      const cut = several ? field.value.lastIndexOf(";") + 1 : 0;
      const before = several && cut ? `${field.value.slice(0, cut).trimEnd()} ` : "";
      const answer = await fetch(`${field.dataset.search}?q=${encodeURIComponent(field.value.slice(cut).trim())}`);
      if (!answer.ok) return;
      const options = (await answer.json()).map((text) => {
        const option = document.createElement("option");
        option.value = before + text;
        return option;
      });
      document.getElementById(field.getAttribute("list"))?.replaceChildren(...options);
    }, 180);
  });

  // The editor: Ctrl+Enter runs; names of tables and columns are offered after "[" or by Ctrl+Space.
  const editor = document.querySelector(".editor:not([readonly])");
  if (editor) {
    const tables = (document.getElementById("words")?.value ?? "").split("\n").map((line) => line.split("\t"));
    const words = new Set(tables.flatMap(([table, ...columns]) => [table, ...columns.map((name) => `[${name}]`)]));
    words.delete("");
    const list = document.createElement("ul");
    list.className = "offers";
    list.id = "offers";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Names");
    list.hidden = true;
    editor.after(list);
    editor.setAttribute("aria-controls", "offers");
    let start = 0;
    let chosen = 0;
    const close = () => {
      list.hidden = true;
      editor.removeAttribute("aria-activedescendant");
    };
    const choose = (to) => {
      const items = [...list.children];
      chosen = (to + items.length) % items.length;
      items.forEach((item, at) => item.setAttribute("aria-selected", at === chosen));
      items[chosen].scrollIntoView({ block: "nearest" });
      editor.setAttribute("aria-activedescendant", items[chosen].id);
    };
    const take = () => {
      const text = list.children[chosen].textContent;
      editor.setRangeText(text, start, editor.selectionStart, "end");
      close();
      editor.focus();
    };
    const offer = (always) => {
      const before = editor.value.slice(0, editor.selectionStart);
      const typed = before.match(/(?:\[[^\]\n]*\]?\.)?\[?[\p{L}\p{N}_ ]*$/u)?.[0].trimStart() ?? "";
      if (!always && !typed.startsWith("[")) return close();
      const wanted = typed.toLowerCase();
      const plain = wanted.replace(/[[\]]/g, "");
      const found = [...words].filter((word) => {
        const low = word.toLowerCase();
        return low.startsWith(wanted) || (plain && low.includes(plain)) || !wanted;
      });
      if (!found.length || (found.length === 1 && found[0].toLowerCase() === wanted)) return close();
      start = before.length - typed.length;
      list.replaceChildren(...found.slice(0, 30).map((word, at) => {
        const item = document.createElement("li");
        item.id = `offer-${at}`;
        item.setAttribute("role", "option");
        item.textContent = word;
        return item;
      }));
      list.hidden = false;
      choose(0);
    };
    editor.addEventListener("input", () => offer(false));
    editor.addEventListener("blur", () => setTimeout(close, 150));
    list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      chosen = [...list.children].indexOf(event.target.closest("li"));
      if (chosen >= 0) take();
    });
    editor.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        editor.form.requestSubmit();
      } else if (event.key === " " && event.ctrlKey) {
        event.preventDefault();
        offer(true);
      } else if (!list.hidden) {
        if (event.key === "ArrowDown") choose(chosen + 1);
        else if (event.key === "ArrowUp") choose(chosen - 1);
        else if (event.key === "Enter") take();
        else if (event.key === "Escape") close();
        else return;
        event.preventDefault();
      }
    });
  }

  (document.querySelector("[data-focus]") ?? back())?.focus();
})();
