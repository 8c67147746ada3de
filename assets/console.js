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

  // A list is found anew as soon as a filter is chosen.
  document.addEventListener("change", (event) => {
    if (event.target.matches(".toolbar select")) event.target.form.requestSubmit();
  });

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

  document.querySelector("[data-focus]")?.focus();
})();
