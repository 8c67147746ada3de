// The grid of rows: a look at the row that a link goes to, and cells for a keyboard. Tab comes to the grid once, arrow keys go
// from cell to cell, Enter or F2 changes one (a double click too). Without a script all of it is on the pages of the rows.
(() => {
  const grid = document.querySelector("[data-rows]");
  if (!grid) return;
  const live = document.getElementById("live");
  const say = (text) => {
    if (live) live.textContent = text;
  };

  const dialog = document.createElement("dialog");
  dialog.className = "peek-box";
  dialog.setAttribute("aria-label", "Linked row");
  document.body.append(dialog);
  grid.addEventListener("click", async (event) => {
    const link = event.target.closest("a.peek");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const answer = await fetch(`${link.href}/peek`);
    if (!answer.ok || answer.redirected) {
      location.href = link.href;
      return;
    }
    dialog.innerHTML = await answer.text();
    dialog.showModal();
    dialog.querySelector("h2")?.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  // One cell has the place that Tab comes to; what has the focus is the link or button in it, where there is one.
  const heads = grid.tHead.rows[0].cells;
  const part = (cell) => cell.querySelector("a, button") ?? cell;
  let current = grid.tBodies[0].rows[0].cells[0];
  const prepare = (cell) => (part(cell).tabIndex = cell === current ? 0 : -1);
  const take = (cell) => {
    const before = current;
    current = cell;
    prepare(before);
    prepare(cell);
  };
  const go = (cell) => {
    take(cell);
    part(cell).focus();
  };
  grid.setAttribute("role", "grid");
  grid.parentElement.removeAttribute("tabindex");
  for (const cell of grid.querySelectorAll("th, td")) {
    prepare(cell);
    if (cell.matches("td:not([data-edit], .row-actions)")) cell.setAttribute("aria-readonly", "true");
  }
  grid.addEventListener("focusin", (event) => {
    const cell = event.target.closest("th, td");
    if (cell && cell !== current) take(cell);
  });
  grid.addEventListener("keydown", (event) => {
    const cell = event.target.closest("th, td");
    if (!cell || event.target.closest(".cell-field") || event.altKey || event.metaKey || event.shiftKey) return;
    const [row, column, last] = [cell.parentElement.rowIndex, cell.cellIndex, grid.rows.length - 1];
    const to = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? last : row, heads.length - 1],
      PageUp: [Math.max(row - 10, 0), column],
      PageDown: [Math.min(row + 10, last), column],
    }[event.key];
    const next = to && grid.rows[to[0]]?.cells[to[1]];
    // Enter follows a link or presses a button; F2 changes the cell all the same.
    const edits = event.key === "F2" || (event.key === "Enter" && event.target === cell);
    if (next) go(next);
    else if (edits) edit(cell);
    else if (!to) return;
    event.preventDefault();
  });
  grid.addEventListener("dblclick", (event) => {
    const cell = event.target.closest("td[data-edit]");
    if (cell) edit(cell);
  });

  const element = (name, more) => Object.assign(document.createElement(name), more);
  const fields = {
    lines: () => element("textarea", { rows: 2 }),
    choice: (head, text) => {
      const options = ["", ...JSON.parse(head.dataset.options ?? "[]")];
      const select = element("select");
      for (const option of options.includes(text) ? options : [text, ...options]) select.append(element("option", { value: option, textContent: option }));
      return select;
    },
    link: (head, text, cell) => {
      const input = element("input", { autocomplete: "off" });
      input.dataset.search = `${grid.dataset.rows.replace(/rows$/, "search")}/${cell.dataset.edit}`;
      return input;
    },
    number: () => element("input", { inputMode: "decimal", autocomplete: "off" }),
    line: () => element("input", { autocomplete: "off" }),
  };

  /** The cell that Tab goes on to. */
  const neighbour = (cell, by) => {
    const cells = [...grid.querySelectorAll("td[data-edit]")];
    return cells[cells.indexOf(cell) + by];
  };

  /** The token that the forms of this page have now. */
  const renewed = async () => {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    grid.dataset.token = page.querySelector("[data-token]")?.dataset.token ?? grid.dataset.token;
    return grid.dataset.token;
  };

  /** Shows anew what a row has computed from its other cells. */
  const recompute = async (row) => {
    if (!("calculated" in grid.dataset)) return;
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      const fresh = page.querySelector(`tr[data-row="${row.dataset.row}"]`);
      if (fresh?.cells.length !== row.cells.length) return;
      [...row.cells].forEach((cell, at) => {
        const now = fresh.cells[at];
        if (!cell.matches("td:not([data-edit], .row-actions)") || cell.textContent === now.textContent) return;
        cell.replaceChildren(...now.childNodes);
        prepare(cell);
      });
    } catch {
      // They are right when the page is loaded again.
    }
  };

  const edit = (cell) => {
    if (!cell.dataset.edit || cell.querySelector(".cell-field")) return;
    const head = heads[cell.cellIndex];
    const [name, before, kept] = [head.textContent.trim(), cell.textContent, [...cell.childNodes]];
    const row = cell.closest("tr").dataset.row;
    const id = `cell-${row}-${cell.dataset.edit}`;
    const field = fields[head.dataset.input ?? "line"](head, before, cell);
    field.value = before;
    field.className = "cell-field";
    field.setAttribute("aria-label", name);
    cell.replaceChildren(field);
    if (field.dataset.search) {
      field.setAttribute("list", id);
      cell.append(element("datalist", { id }));
    }
    field.focus();
    field.select?.();
    // What was refused last, until something else is typed; whether a request is under way, or all is over.
    let refused;
    let busy = false;
    // What stands in the cell, as far as is known here.
    let known = before;
    let over = false;

    const leave = (nodes) => {
      over = true;
      const had = cell.contains(document.activeElement);
      cell.replaceChildren(...nodes);
      prepare(cell);
      if (had) go(cell);
    };
    const complain = (text) => {
      refused = field.value;
      cell.querySelector(".wrong")?.remove();
      cell.append(element("p", { className: "wrong", id: `${id}-wrong`, textContent: text }));
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", `${id}-wrong`);
      say(text);
    };
    const send = async () => {
      const token = grid.dataset.token;
      const body = new URLSearchParams({ form_token: token, column: cell.dataset.edit, value: field.value, before: known });
      try {
        const answer = await fetch(`${grid.dataset.rows}/${row}/cell`, { method: "POST", body });
        if (answer.ok) return await answer.json();
        if (answer.status === 401) return { wrong: "Your session is over. Sign in again in another tab, then press Enter here." };
        // Whoever has signed in again meanwhile has other forms.
        if (answer.status === 403 && (await renewed()) !== token) return await send();
        return { wrong: "This cell could not be changed." };
      } catch {
        return { wrong: "The emulator does not answer." };
      }
    };
    /** Whether the cell is done with. */
    const keep = async () => {
      if (busy || over) return over;
      if (field.value === before) {
        leave(kept);
        return true;
      }
      busy = true;
      const told = await send();
      busy = false;
      if (over) return true;
      known = told.now ?? known;
      if (told.wrong !== undefined) {
        complain(told.wrong);
        return false;
      }
      leave([told.link ? element("a", { className: "peek", href: told.link, textContent: told.text }) : told.text]);
      recompute(cell.closest("tr"));
      say(`${name} saved`);
      return true;
    };
    field.addEventListener("keydown", async (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") {
        event.preventDefault();
        leave(kept);
      } else if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        await keep();
      } else if (event.key === "Tab") {
        event.preventDefault();
        const next = neighbour(cell, event.shiftKey ? -1 : 1);
        if (!(await keep()) || !next) return;
        go(next);
        edit(next);
      }
    });
    field.addEventListener("blur", () => {
      // Another window came to the front: nothing is decided yet.
      if (over || !document.hasFocus()) return;
      // What was refused and is left again is taken back.
      if (field.value === refused) leave(kept);
      else keep();
    });
  };
})();

// The choice of columns closes as menus do: by Escape, or a click beside it.
(() => {
  const box = document.querySelector("details.columns-choice");
  if (!box) return;
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.open) return;
    event.preventDefault();
    box.open = false;
    box.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target)) box.open = false;
  });
})();
