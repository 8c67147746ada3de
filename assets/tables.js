// In the grid: a look at the row that a link goes to, and cells that are changed where they stand (double click, Enter keeps,
// Escape takes back). Without a script both are on the page of the row.
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

  const edit = (cell) => {
    if (cell.querySelector("input")) return;
    const before = cell.textContent;
    const column = grid.querySelectorAll("thead th")[cell.cellIndex]?.textContent.trim() ?? "";
    const field = document.createElement("input");
    field.value = before;
    field.className = "cell-field";
    field.setAttribute("aria-label", column);
    cell.replaceChildren(field);
    field.select();
    let over = false;
    const back = (text) => {
      over = true;
      cell.textContent = text;
    };
    const keep = async () => {
      if (over) return;
      if (field.value === before) return back(before);
      over = true;
      const row = cell.closest("tr").dataset.row;
      const body = new URLSearchParams({ form_token: grid.dataset.token, column: cell.dataset.edit, value: field.value });
      let told = {};
      try {
        const answer = await fetch(`${grid.dataset.rows}/${row}/cell`, { method: "POST", body });
        told = answer.ok ? await answer.json() : { wrong: "This cell could not be changed." };
      } catch {
        told = { wrong: "The emulator does not answer." };
      }
      if (told.wrong === undefined) {
        back(told.text);
        say(`${column} saved`);
        return;
      }
      over = false;
      field.setAttribute("aria-invalid", "true");
      field.title = told.wrong;
      field.setCustomValidity(told.wrong);
      field.reportValidity();
      say(told.wrong);
    };
    field.addEventListener("input", () => field.setCustomValidity(""));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        keep();
      } else if (event.key === "Escape") back(before);
    });
    field.addEventListener("blur", () => {
      // What is wrong stays to be mended; leaving it again takes it back.
      if (field.getAttribute("aria-invalid") && !field.validationMessage) return keep();
      if (field.getAttribute("aria-invalid")) return back(before);
      keep();
    });
  };
  grid.addEventListener("dblclick", (event) => {
    const cell = event.target.closest("td[data-edit]");
    if (cell) edit(cell);
  });
})();
